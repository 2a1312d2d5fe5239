"""Assessments: must-dos and forms of a team lead, and forms that are equally hard.

In: finished conversations, a form, the must-dos of data/assessment/, a table of simulated difficulty. Out: findings, a result whose sum
a reader can recompute, parallel forms with what is known of their equality. Pure: no clock, no database, no model.
"""

from bot.assessment.difficulty import DifficultyTable, load_table, staleness
from bot.assessment.forms import PARTS, CaseResult, Form, FormCase, FormResult, Line, assess, check_form
from bot.assessment.look import DeskCall, Finding, Place
from bot.assessment.musts import chosen, find, must_library
from bot.assessment.parallel import Difference, ParallelForms, parallel_forms

__all__ = [
    "PARTS",
    "CaseResult",
    "DeskCall",
    "Difference",
    "DifficultyTable",
    "Finding",
    "Form",
    "FormCase",
    "FormResult",
    "Line",
    "ParallelForms",
    "Place",
    "assess",
    "check_form",
    "chosen",
    "find",
    "load_table",
    "must_library",
    "parallel_forms",
    "staleness",
]
