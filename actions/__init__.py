"""The actions: every move of a session as a `rasa_sdk.Action`.

In: the tracker (the events of a conversation). Out: events and messages. The built-in host runs them in process or on
a remote action server; a Rasa assistant runs the very same through `python -m rasa_sdk --actions actions`.
"""
