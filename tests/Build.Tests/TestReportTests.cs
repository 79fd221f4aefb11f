using Containers.Build.Tools;
using Xunit;

namespace Containers.Build.Tests;

public sealed class TestReportTests : IDisposable
{
    private readonly DirectoryInfo _results = Directory.CreateTempSubdirectory("test-report-");

    public void Dispose() => _results.Delete(recursive: true);

    [Fact]
    public void Passed_failed_and_skipped_tests_of_all_runs_are_summed()
    {
        Write("A.exit", "1\n");
        Write("A.trx", """
            <TestRun xmlns="http://microsoft.com/schemas/VisualStudio/TeamTest/2010"><Results>
              <UnitTestResult testName="one" outcome="Passed" />
              <UnitTestResult testName="two" outcome="Failed">
                <Output><ErrorInfo><Message>broke</Message></ErrorInfo></Output></UnitTestResult>
              <UnitTestResult testName="three" outcome="NotExecuted">
                <Output><ErrorInfo><Message>needs root</Message></ErrorInfo></Output></UnitTestResult>
            </Results></TestRun>
            """);
        Write("Pester.exit", "0\n");
        Write("Pester.json", """[{"Name":"four","Result":"Passed","Message":""},{"Name":"five","Result":"Skipped","Message":"no tmux"}]""");

        var (lines, code) = Report();

        Assert.Equal(1, code);
        Assert.Equal("2 passed, 1 failed, 2 skipped", lines[^1]);
        Assert.Contains("failed: two", lines);
        Assert.Contains("    broke", lines);
        Assert.Contains("skipped: needs root", lines);
        Assert.Contains("skipped: no tmux", lines);
    }

    [Fact]
    public void A_run_that_crashed_counts_as_a_failure_although_no_test_of_it_failed()
    {
        Write("A.exit", "134\n");
        Write("A.trx", """<TestRun><Results><UnitTestResult testName="one" outcome="Passed" /></Results></TestRun>""");

        var (lines, code) = Report();

        Assert.Equal(1, code);
        Assert.Equal("1 passed, 1 failed", lines[^1]);
    }

    [Fact]
    public void A_result_file_cut_short_counts_as_a_failure()
    {
        Write("A.exit", "137\n");
        Write("A.trx", """<TestRun><Results><UnitTestResult testName="one" outcome="Pas""");
        Write("B.exit", "0\n");
        Write("B.trx", """<TestRun><Results><UnitTestResult testName="two" outcome="Passed" /></Results></TestRun>""");

        var (lines, code) = Report();

        Assert.Equal(1, code);
        Assert.Equal("1 passed, 1 failed", lines[^1]);
    }

    [Fact]
    public void What_passes_when_it_is_run_again_is_named_and_counts_as_passed()
    {
        Write("A.exit", "1\n");
        Write("A.trx", Run(("one", "Passed"), ("two", "Failed"), ("three(x: 1)", "Failed")));
        Write("A.again.trx", Run(("two", "Passed"), ("three(x: 1)", "Failed"), ("three(x: 2)", "Passed")));

        var (lines, code) = Report();

        Assert.Equal(1, code);
        Assert.Equal("2 passed, 1 failed", lines[^1]);
        Assert.Contains("unsteady, passed when it was run again: two", lines);
        Assert.Contains("    two broke", lines);
        Assert.Contains("failed: three(x: 1)", lines);

        Write("A.again.trx", Run(("two", "Passed"), ("three(x: 1)", "Passed")));
        (lines, code) = Report();
        Assert.Equal(0, code);
        Assert.Equal("3 passed, 0 failed", lines[^1]);
    }

    [Fact]
    public void A_run_that_was_broken_off_fails_whatever_passes_later()
    {
        const string Aborted = "<ResultSummary><RunInfos><RunInfo outcome=\"Error\"><Text>The active Test Run was aborted because the host process exited.</Text></RunInfo></RunInfos></ResultSummary>";
        Write("A.exit", "1\n");
        Write("A.trx", Run(Aborted, ("one", "Passed"), ("two", "Failed")));
        Write("A.again.trx", Run(("two", "Passed")));
        Assert.Equal("2 passed, 1 failed", Report().Lines[^1]);
        Assert.Equal("", Filter());
    }

    [Fact]
    public void Few_failed_tests_are_run_again_by_their_methods()
    {
        Write("A.trx", Run(("one", "Passed"), ("two", "Failed"), ("three(x: 1)", "Failed"), ("three(x: 2)", "Failed"), ("four", "NotExecuted")));
        Assert.Equal("FullyQualifiedName=Some.Tests.two|FullyQualifiedName=Some.Tests.three", Filter());
        Write("A.trx", Run(("a", "Failed"), ("b", "Failed"), ("c", "Failed"), ("d", "Failed")));
        Assert.Equal("", Filter());
        Write("A.trx", Run(("one", "Passed")));
        Assert.Equal("", Filter());
        Write("A.trx", "<TestRun");
        Assert.Equal("", Filter());
    }

    [Fact]
    public void No_test_at_all_is_no_success()
    {
        Write("A.exit", "0\n");

        var (lines, code) = Report();

        Assert.Equal(1, code);
        Assert.Equal("0 passed, 0 failed", lines[^1]);
    }

    private string Filter() => TestReport.FilterOfFailed(Path.Combine(_results.FullName, "A.trx"), 3);

    private static string Run(params (string Name, string Outcome)[] tests) => Run("", tests);

    private static string Run(string summary, params (string Name, string Outcome)[] tests)
    {
        var results = tests.Select(test => $"<UnitTestResult testId=\"{test.Name}\" testName=\"{test.Name}\" outcome=\"{test.Outcome}\">"
            + $"<Output><ErrorInfo><Message>{test.Name} broke</Message></ErrorInfo></Output></UnitTestResult>");
        var definitions = tests.Select(test => $"<UnitTest id=\"{test.Name}\"><TestMethod className=\"Some.Tests\" name=\"Some.Tests.{test.Name}\" /></UnitTest>");
        return $"<TestRun><Results>{string.Concat(results)}</Results><TestDefinitions>{string.Concat(definitions)}</TestDefinitions>{summary}</TestRun>";
    }

    private void Write(string name, string text) => File.WriteAllText(Path.Combine(_results.FullName, name), text);

    private (string[] Lines, int Code) Report()
    {
        using var output = new StringWriter();
        var code = TestReport.Read(_results.FullName).Print(output);
        return (output.ToString().TrimEnd().Split('\n'), code);
    }
}
