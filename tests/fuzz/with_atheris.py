"""The same targets under atheris, which sees what each byte leads to: ``make fuzz`` runs this.

    python tests/fuzz/with_atheris.py [seconds a target]      each in a process of its own
    python tests/fuzz/with_atheris.py seconds NAME            one of them

What it finds lies in ``.fuzz/NAME``; so does all that led it anywhere, for the next run.
"""

import re
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["inglenook_schema", "inglenook_client"]):
    sys.path.insert(0, str(Path(__file__).parents[1]))
    from harness.fuzz_targets import targets
    from inglenook_schema.errors import InglenookError

KEPT = Path(".fuzz")
SECONDS = 10
MEGABYTES = 512


def main() -> int:
    seconds = int(sys.argv[1]) if len(sys.argv) > 1 else SECONDS
    if len(sys.argv) > 2:
        one(sys.argv[2], seconds)
        return 0
    failed = []
    for name in targets():
        command = [sys.executable, __file__, str(seconds), name]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        runs = re.findall(r"Done (\d+) runs", done.stderr)
        print(
            f"{name:32}{runs[-1] if runs else '':>12} runs  {'failed' if done.returncode else ''}"
        )
        if done.returncode:
            print(done.stderr[-3000:])
            failed.append(name)
    print(f"Failed: {', '.join(failed)}" if failed else "Nothing but our own errors came back.")
    return 1 if failed else 0


def one(name: str, seconds: int) -> None:
    target, folder = targets()[name], KEPT / re.sub(r"\W", "_", name)
    folder.mkdir(parents=True, exist_ok=True)
    for number, seed in enumerate(target.seeds):
        (folder / f"seed {number}").write_bytes(seed)

    def read(data: bytes) -> None:
        with suppress(InglenookError):
            target.read(data)

    limits = [f"-max_total_time={seconds}", f"-rss_limit_mb={MEGABYTES}", "-timeout=20"]
    atheris.Setup(
        [sys.argv[0], *limits, f"-artifact_prefix={folder}/", str(folder)],
        read,
        enable_python_coverage=True,
    )
    atheris.Fuzz()


if __name__ == "__main__":
    raise SystemExit(main())
