using System.Text.Json;
using System.Xml.Linq;

namespace Containers.Build.Tools;

/// <summary>
/// Sums up a folder of test results: NAME.trx (dotnet test), NAME.json (build/pester.ps1) and NAME.exit, the exit code of each
/// run. A run that ended badly without naming a failed test counts as one failure: a crash must not look like success.
/// </summary>
internal sealed class TestReport
{
    private readonly List<(string Name, string Message)> _failed = [];
    private readonly List<(string Name, string Reason)> _skipped = [];
    private int _passed;

    public static TestReport Read(string folder)
    {
        var report = new TestReport();
        foreach (var exit in Directory.EnumerateFiles(folder, "*.exit").Order(StringComparer.Ordinal))
        {
            var before = report._failed.Count;
            report.AddTrx(Path.ChangeExtension(exit, ".trx"));
            report.AddPester(Path.ChangeExtension(exit, ".json"));
            var code = File.ReadAllText(exit).Trim();
            if (code != "0" && report._failed.Count == before)
            {
                var name = Path.GetFileNameWithoutExtension(exit);
                report._failed.Add((name, $"the run ended with exit code {code}; its log is {name}.log"));
            }
        }

        return report;
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

        foreach (var (name, message) in _failed)
        {
            output.WriteLine($"failed: {name}");
            output.WriteLine("    " + message.ReplaceLineEndings("\n    "));
        }

        var skipped = _skipped.Count > 0 ? $", {_skipped.Count} skipped" : "";
        output.WriteLine($"{_passed} passed, {_failed.Count} failed{skipped}");
        return _failed.Count > 0 || _passed == 0 ? 1 : 0;
    }

    private void AddTrx(string file)
    {
        if (!File.Exists(file))
        {
            return;
        }

        XDocument document;
        try
        {
            document = XDocument.Load(file);
        }
        catch (System.Xml.XmlException error)
        {
            // The run was killed while it wrote: what it had done is not known.
            _failed.Add((Path.GetFileName(file), "the results are cut short: " + error.Message));
            return;
        }

        foreach (var result in document.Descendants().Where(element => element.Name.LocalName == "UnitTestResult"))
        {
            var name = (string?)result.Attribute("testName") ?? "?";
            var error = result.Descendants().Where(element => element.Name.LocalName is "Message" or "StackTrace")
                .Select(element => element.Value.Trim());
            var text = string.Join('\n', error);
            switch ((string?)result.Attribute("outcome"))
            {
                case "Passed": _passed++; break;
                case "NotExecuted": _skipped.Add((name, text.Length > 0 ? text : Output(result))); break;
                default: _failed.Add((name, text)); break;
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
