"""What the checks found, for people and as JSON."""

import math
from collections.abc import Iterable
from typing import Any

from seqdl.checks.case import Result

COMPARED = ("complex step", "kernel")


def plain(result: Result) -> dict[str, Any]:
    """A result as JSON has it, which knows neither NaN nor infinity."""
    error = result.error if math.isfinite(result.error) else None
    return result._asdict() | {"error": error, "ok": result.ok}


def by_case(results: list[Result]) -> str:
    """Case by case, a line for each quantity that has a derivative or a second form."""
    lines = []
    for case in dict.fromkeys(result.case for result in results):
        mine = [result for result in results if result.case == case and result.by in COMPARED]
        lines += [f"{case:<32}{'values':>8}{'complex step':>14}{'kernel':>10}{'bound':>10}"] if mine else []
        for what in dict.fromkeys(result.what for result in mine):
            found = {result.by: result for result in mine if result.what == what}
            step, kernel = (found.get(by) for by in COMPARED)
            good = all(result.ok for result in found.values())
            lines.append(
                f"  {what:<30}{next(iter(found.values())).count:>8,}{_number(step):>14}{_number(kernel):>10}"
                f"{f'{kernel.bound:.1e}' if kernel else '':>10}  {'ok' if good else 'WRONG'}"
            )
        lines += [""] if mine else []
    return "\n".join(lines)


def _number(result: Result | None) -> str:
    return "" if result is None else f"{result.error:.1e}"


def worst(table: Iterable[Result]) -> str:
    """How near the results of many small cases come to their bounds."""
    by_step = max((result.error for result in table if result.by == "complex step"), default=0.0)
    by_kernel = max((result.error / result.bound for result in table if result.by == "kernel"), default=0.0)
    return f"complex step at worst {by_step:.1e}, kernels at worst {by_kernel:.0%} of their bound"
