"""Warteschleife: a training partner for customer service that plays frustrated customers and rates the replies.

Text of a trainee goes in; what the customer answers, how the reply was rated and why comes out. See README.md.
"""

__version__ = "0.1.0"
