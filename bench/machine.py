"""The machine that a benchmark ran on, without its name: what a reader needs to place the figures."""

from __future__ import annotations

import os
import platform
import re
import sqlite3
import statistics
import time
from pathlib import Path
from typing import Any


def describe(folder: Path) -> dict[str, Any]:
    """CPU, memory, kernel, versions, the disk under `folder`, and how busy it all was before."""
    return {
        "cpu": cpu(),
        "cores": os.cpu_count(),
        "memory_gib": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30, 1),
        "kernel": f"{platform.system()} {platform.release()}",
        "python": f"{platform.python_implementation()} {platform.python_version()}",
        "sqlite": sqlite3.sqlite_version,
        "file_system": file_system(folder),
        "fsync_ms": round(fsync_ms(folder), 3),
        "load_before": round(os.getloadavg()[0], 2),
    }


def cpu() -> str:
    """The processor's own name where the system tells it, the architecture elsewhere."""
    listing = Path("/proc/cpuinfo")
    text = listing.read_text() if listing.exists() else ""
    model = re.search(r"^model name\s*:\s*(.+)$", text, re.MULTILINE)
    return model[1] if model else platform.processor() or platform.machine()


def file_system(folder: Path) -> str:
    """The type of the file system that holds `folder`: ext4, xfs, tmpfs; "unknown" off Linux."""
    listing = Path("/proc/mounts")
    if not listing.exists():
        return "unknown"
    mounts = [line.split()[1:3] for line in listing.read_text().splitlines()]
    holding = [(len(point), kind) for point, kind in mounts if folder.resolve().is_relative_to(point)]
    return max(holding, default=(0, "unknown"))[1]


def fsync_ms(folder: Path, times: int = 200) -> float:
    """The median time to write 4 KiB and have it on disk, in milliseconds."""
    taken = []
    with (folder / "fsync").open("wb", buffering=0) as file:
        for _ in range(times):
            started = time.perf_counter()
            file.write(bytes(4096))
            os.fsync(file.fileno())
            taken.append(time.perf_counter() - started)
    return 1000 * statistics.median(taken)


def short_name(described: dict[str, Any]) -> str:
    """For a file name: `amd-epyc-2-cores`."""
    words = re.sub(r"\(.*?\)|@.*|\bcpu\b|\bprocessor\b", " ", described["cpu"].lower())
    return "-".join(re.findall(r"[a-z0-9]+", words)[:4]) + f"-{described['cores']}-cores"
