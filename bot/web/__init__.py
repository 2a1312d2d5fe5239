"""The web face: REST API, pages, Rasa's REST channel. Only this package touches HTTP."""
