#!/usr/bin/env python3
"""Runs a command N times and prints the least wall time, its CPU time and the peak memory as JSON.

  bench/measure.py N COMMAND [ARGUMENT…]

The least of N runs is what disturbs least on a machine with other work. CPU time counts children that were waited for.
Output of the command is thrown away; its exit status is printed, since linters fail when they find something.
"""
import json
import os
import subprocess
import sys
import time


def once(command):
    started = time.monotonic()
    child = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL)
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    return {
        "wall_ms": (time.monotonic() - started) * 1000,
        "cpu_ms": (usage.ru_utime + usage.ru_stime) * 1000,
        "peak_mib": usage.ru_maxrss / 1024,
        "exit": child.returncode,
    }


def main():
    runs = [once(sys.argv[2:]) for _ in range(int(sys.argv[1]))]
    best = min(runs, key=lambda run: run["wall_ms"])
    best["peak_mib"] = max(run["peak_mib"] for run in runs)
    print(json.dumps({key: round(value, 2) for key, value in best.items()}))


main()
