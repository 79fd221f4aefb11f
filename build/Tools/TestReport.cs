using System.Text.Json;
using System.Xml.Linq;

namespace Containers.Build.Tools;

/// <summary>
/// Sums up a folder of test results: NAME.trx (dotnet test), NAME.json (build/pester.ps1) and NAME.exit, the exit code of each
/// run. A run that ended badly without naming a failed test counts as one failure: a crash must not look like success. NAME.again.trx
/// has what failed in NAME.trx and was run once more: what passed there counts as passed, and is named as unsteady with what it said first.
/// </summary>
internal sealed class TestReport
{
    private readonly List<(string Name, string Message)> _failed = [];
    private readonly List<(string Name, string Message)> _unsteady = [];
    private readonly List<(string Name, string Reason)> _skipped = [];
    private int _passed;

    public static TestReport Read(string folder)
    {
        var report = new TestReport();
        foreach (var exit in Directory.EnumerateFiles(folder, "*.exit").Order(StringComparer.Ordinal))
        {
            var before = report._failed.Count + report._unsteady.Count;
            report.AddTrx(Path.ChangeExtension(exit, ".trx"), PassedAgain(Path.ChangeExtension(exit, ".again.trx")));
            report.AddPester(Path.ChangeExtension(exit, ".json"));
            var code = File.ReadAllText(exit).Trim();
            if (code != "0" && report._failed.Count + report._unsteady.Count == before)
            {
                var name = Path.GetFileNameWithoutExtension(exit);
                report._failed.Add((name, $"the run ended with exit code {code}; its log is {name}.log"));
            }
        }

        return report;
    }

    /// <summary>
    /// The filter of dotnet test for what failed in a run; empty when nothing did, when the run broke off, or when more failed than chance explains.
    /// </summary>
    public static string FilterOfFailed(string trx, int most)
    {
        if (!File.Exists(trx) || Load(trx, out _) is not { } document || IsBroken(document))
        {
            return "";
        }

        var methods = document.Descendants().Where(element => element.Name.LocalName == "UnitTest")
            .ToDictionary(test => (string)test.Attribute("id")!, test => test.Elements().Single(element => element.Name.LocalName == "TestMethod"));
        var failed = Results(document).Where(result => (string?)result.Attribute("outcome") == "Failed")
            .Select(result => methods[(string)result.Attribute("testId")!])
            .Select(method => $"FullyQualifiedName={(string)method.Attribute("className")!}.{MethodOf(method)}").Distinct().ToList();
        return failed.Count <= most ? string.Join('|', failed) : "";
    }

    /// <summary>Prints the lists and, alone on the last line, the sum. Returns the exit code.</summary>
    public int Print(TextWriter output)
    {
        foreach (var reason in _skipped.GroupBy(test => test.Reason).OrderBy(group => group.Key, StringComparer.Ordinal))
        {
            output.WriteLine($"skipped: {reason.Key}");
            foreach (var (name, _) in reason)
            {
                output.WriteLine($"    {name}");
            }
        }

        foreach (var (name, message) in _unsteady)
        {
            output.WriteLine($"unsteady, passed when it was run again: {name}");
            output.WriteLine("    " + message.ReplaceLineEndings("\n    "));
        }

        foreach (var (name, message) in _failed)
        {
            output.WriteLine($"failed: {name}");
            output.WriteLine("    " + message.ReplaceLineEndings("\n    "));
        }

        var skipped = _skipped.Count > 0 ? $", {_skipped.Count} skipped" : "";
        output.WriteLine($"{_passed} passed, {_failed.Count} failed{skipped}");
        return _failed.Count > 0 || _passed == 0 ? 1 : 0;
    }

    private static IEnumerable<XElement> Results(XDocument document) =>
        document.Descendants().Where(element => element.Name.LocalName == "UnitTestResult");

    // Theories are listed once for each row, with the row in the name of the test but, in some adapters, of the method, too.
    private static string MethodOf(XElement method) => ((string)method.Attribute("name")!).Split('(')[0].Split('.')[^1];

    // The host of the tests crashed or hung: tests after that point are in no list.
    private static bool IsBroken(XDocument document) => document.Descendants()
        .Any(element => element.Name.LocalName == "RunInfo" && element.Value.Contains("test run was aborted", StringComparison.OrdinalIgnoreCase));

    private static XDocument? Load(string file, out string problem)
    {
        problem = "";
        try
        {
            return XDocument.Load(file);
        }
        catch (System.Xml.XmlException error)
        {
            problem = error.Message;
            return null;
        }
    }

    private static HashSet<string> PassedAgain(string file) => File.Exists(file) && Load(file, out _) is { } document && !IsBroken(document)
        ? [.. Results(document).Where(result => (string?)result.Attribute("outcome") == "Passed").Select(result => (string?)result.Attribute("testName") ?? "?")]
        : [];

    private void AddTrx(string file, HashSet<string> passedAgain)
    {
        if (!File.Exists(file))
        {
            return;
        }

        if (Load(file, out var problem) is not { } document)
        {
            // The run was killed while it wrote: what it had done is not known.
            _failed.Add((Path.GetFileName(file), "the results are cut short: " + problem));
            return;
        }

        if (IsBroken(document))
        {
            _failed.Add((Path.GetFileName(file), $"the run was broken off; its log is {Path.ChangeExtension(Path.GetFileName(file), ".log")}"));
        }

        foreach (var result in Results(document))
        {
            var name = (string?)result.Attribute("testName") ?? "?";
            var error = result.Descendants().Where(element => element.Name.LocalName is "Message" or "StackTrace")
                .Select(element => element.Value.Trim());
            var text = string.Join('\n', error);
            switch ((string?)result.Attribute("outcome"))
            {
                case "Passed":
                    _passed++;
                    break;
                case "NotExecuted":
                    _skipped.Add((name, text.Length > 0 ? text : Output(result)));
                    break;
                case "Failed" when passedAgain.Contains(name):
                    _passed++;
                    _unsteady.Add((name, text));
                    break;
                default:
                    _failed.Add((name, text));
                    break;
            }
        }
    }

    // Where the adapter keeps the reason of a skip when it is no error.
    private static string Output(XElement result)
    {
        var text = result.Descendants().FirstOrDefault(element => element.Name.LocalName == "StdOut")?.Value.Trim();
        return string.IsNullOrEmpty(text) ? "no reason given" : text;
    }

    private void AddPester(string file)
    {
        if (!File.Exists(file))
        {
            return;
        }

        using var document = JsonDocument.Parse(File.ReadAllText(file));
        foreach (var test in document.RootElement.EnumerateArray())
        {
            var name = test.GetProperty("Name").GetString()!;
            var text = test.GetProperty("Message").GetString() ?? "";
            switch (test.GetProperty("Result").GetString())
            {
                case "Passed": _passed++; break;
                case "Skipped" or "Inconclusive" or "NotRun": _skipped.Add((name, text.Length > 0 ? text : "no reason given")); break;
                default: _failed.Add((name, text)); break;
            }
        }
    }
}
