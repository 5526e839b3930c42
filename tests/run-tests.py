#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs the tests of a build folder and says how many passed and failed, as its last line.

usage: run-tests.py BUILD-FOLDER [TEST-NAME…]

A test that fails is run once more alone: one that then passes is counted as passed and named as unsteady,
because on two busy cores a deadline can be missed that holds otherwise. One that fails twice has failed.
"""
import json
import os
import subprocess
import sys
import tempfile


def run(build, names, log):
    """Runs the tests; returns {name: result} and leaves the output in the build folder's log.

    One more at a time than there are processors: half of a test's time is waiting.
    """
    command = ['/usr/bin/meson', 'test', '-C', build, '--no-rebuild', '--print-errorlogs',
               '--logbase', log, '--num-processes', str((os.cpu_count() or 2) + 1),
               '--timeout-multiplier', '2', *names]
    subprocess.run(command, check=False, stdin=subprocess.DEVNULL)
    results = {}
    path = os.path.join(build, 'meson-logs', log + '.json')
    with open(path, encoding='utf-8') as lines:
        for line in lines:
            test = json.loads(line)
            results[test['name']] = test['result']
    return results


def has_mounted_root():
    """Whether / is the root of a mount, as it is everywhere but in a plain chroot."""
    with open('/proc/self/mountinfo', encoding='utf-8') as mounts:
        return any(line.split()[4] == '/' for line in mounts)


def leave_plain_chroot():
    """Runs this again where / is a mount: ip-netns(8), by which tests make hosts, insists on it."""
    if has_mounted_root() or os.geteuid() != 0 or os.environ.get('HEARTH_ROOT_MOUNTED'):
        return
    os.environ['HEARTH_ROOT_MOUNTED'] = '1'
    place = tempfile.mkdtemp(prefix='hearth-root-')
    script = ('mount --rbind / "$1" && mount --make-rprivate "$1" && top=$1 && here=$PWD && shift && '
              'exec chroot "$top" sh -c \'cd "$0" && exec "$@"\' "$here" "$@"')
    done = subprocess.run(['unshare', '-m', '--propagation', 'unchanged', 'sh', '-c', script, 'sh', place,
                           sys.executable, *sys.argv], check=False)
    os.rmdir(place)
    sys.exit(done.returncode)


def main():
    leave_plain_chroot()
    build = sys.argv[1]
    results = run(build, sys.argv[2:], 'testlog')
    if not results:
        print('no test ran')
        print('0 passed, 1 failed')
        return 1
    good, skipped = ('OK', 'EXPECTEDFAIL'), ('SKIP',)
    failed = [name for name, result in results.items() if result not in good + skipped]
    for name in failed:
        plain = name.split(' / ')[-1]
        again = run(build, [plain], 'testlog-again')
        if again.get(name) in good:
            print(f'unsteady: {plain} failed among the others and passed alone')
            results[name] = again[name]
    counts = {'passed': 0, 'failed': 0, 'skipped': 0}
    for name, result in sorted(results.items()):
        kind = 'passed' if result in good else 'skipped' if result in skipped else 'failed'
        counts[kind] += 1
        if kind == 'failed':
            print(f'failed: {name} ({result})')
    skipped_text = f", {counts['skipped']} skipped" if counts['skipped'] else ''
    print(f"{counts['passed']} passed, {counts['failed']} failed{skipped_text}")
    return 1 if counts['failed'] else 0


if __name__ == '__main__':
    sys.exit(main())
