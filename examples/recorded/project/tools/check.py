"""Runs the unit tests and leaves a line a test in report.txt."""

import sys
import unittest


class Report(unittest.TextTestResult):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.lines = []

    def addSuccess(self, test):
        super().addSuccess(test)
        self.lines.append(f"ok      {test.id()}")

    def addFailure(self, test, err):
        super().addFailure(test, err)
        self.lines.append(f"failed  {test.id()}")

    def addError(self, test, err):
        super().addError(test, err)
        self.lines.append(f"broken  {test.id()}")


def main():
    suite = unittest.defaultTestLoader.discover("tests", top_level_dir=".")
    print(f"{suite.countTestCases()} tests found", flush=True)
    runner = unittest.TextTestRunner(resultclass=Report, verbosity=2)
    result = runner.run(suite)
    with open("report.txt", "w") as report:
        report.write("".join(f"{line}\n" for line in sorted(result.lines)))
    bad = len(result.failures) + len(result.errors)
    print(f"{result.testsRun} tests run, {bad} bad")
    sys.exit(1 if bad else 0)


if __name__ == "__main__":
    main()
