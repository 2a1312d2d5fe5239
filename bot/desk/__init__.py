"""The desk: the trainee's simulated tools and their faults.

In: desk state, a tool's name and arguments. Out: the new state and what the tool shows. Pure; knows no customer.
"""

from bot.desk.tools import TOOLS, State, Tool, ToolResult, call, holds, initial

__all__ = ["TOOLS", "State", "Tool", "ToolResult", "call", "holds", "initial"]
