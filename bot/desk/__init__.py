"""The desk: the trainee's simulated tools and their faults, as pure functions over desk state."""

from bot.desk.faults import line_is_bad
from bot.desk.goal import described, holds, side_effects
from bot.desk.state import State, initial
from bot.desk.tools import TOOLS, Tool, ToolResult, call

__all__ = ["TOOLS", "State", "Tool", "ToolResult", "call", "described", "holds", "initial", "line_is_bad", "side_effects"]
