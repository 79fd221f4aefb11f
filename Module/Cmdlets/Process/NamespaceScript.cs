using System.Collections;
using System.Management.Automation;
using System.Management.Automation.Language;
using System.Text;

namespace Containers.Cmdlets;

/// <summary>
/// A script block for another PowerShell: its text, its arguments and what it takes over with $using:, all as data on standard input. What that
/// PowerShell is told to run is always the same text, which reads the data (security.md S56).
/// </summary>
internal static class NamespaceScript
{
    private const string UsingPrefix = "__using_";

    /// <summary>Enough for what people pass; PowerShell's own remoting goes less deep.</summary>
    private const int Depth = 4;

    /// <summary>
    /// Runs the script and writes each object, of every stream, as one line of CLIXML. Progress is nobody's: nothing shows it. A strange line, from a
    /// program that wrote past PowerShell, is taken for a text by the reader.
    /// </summary>
    private const string Bootstrap = """
        $ProgressPreference = 'SilentlyContinue'
        $work = @($input)[0]
        foreach ($name in $work.Using.Keys) { Set-Variable -Name $name -Value $work.Using[$name] }
        if ($work.Location) { Set-Location -LiteralPath $work.Location -ErrorAction Ignore }
        $script = [scriptblock]::Create($work.Script)
        $arguments = @($work.Arguments)
        $objects = @($work.Objects)
        $out = [Console]::Out
        $write = { process { $out.WriteLine([System.Management.Automation.PSSerializer]::Serialize($_, 2) -replace '\r?\n\s*'); $out.Flush() } }
        $code = 0
        try {
            if ($work.HasInput) { $objects | & $script @arguments *>&1 | & $write } else { & $script @arguments *>&1 | & $write }
        } catch { $_ | & $write; $code = 1 }
        exit $code
        """;

    internal static IReadOnlyList<string> Arguments { get; } =
    [
        "-NoLogo", "-NoProfile", "-NonInteractive", "-InputFormat", "XML", "-OutputFormat", "Text",
        "-EncodedCommand", Convert.ToBase64String(Encoding.Unicode.GetBytes(Bootstrap)),
    ];

    /// <param name="script">What to run.</param>
    /// <param name="arguments">Its arguments.</param>
    /// <param name="input">Its $input, or null for none.</param>
    /// <param name="location">Where it begins, if there is such a place.</param>
    /// <param name="value">Gives a variable of the caller's, or null.</param>
    /// <returns>The standard input of that PowerShell.</returns>
    internal static byte[] Input(
        ScriptBlock script, IEnumerable<object?> arguments, IReadOnlyCollection<object?>? input, string location, Func<string, object?> value)
    {
        (string text, Hashtable variables) = TakeOver(script, value);
        PSObject work = new();
        work.Properties.Add(new PSNoteProperty("Script", text));
        work.Properties.Add(new PSNoteProperty("Using", variables));
        work.Properties.Add(new PSNoteProperty("Location", location));
        work.Properties.Add(new PSNoteProperty("Arguments", arguments.ToArray()));
        work.Properties.Add(new PSNoteProperty("HasInput", input is not null));
        work.Properties.Add(new PSNoteProperty("Objects", (input ?? []).ToArray()));
        return Encoding.UTF8.GetBytes("#< CLIXML\r\n" + PSSerializer.Serialize(work, Depth));
    }

    /// <summary>Each $using:name becomes a variable with a name of ours; the value goes beside. Members behind it stay as they are.</summary>
    private static (string Text, Hashtable Variables) TakeOver(ScriptBlock script, Func<string, object?> value)
    {
        Hashtable variables = [];
        Dictionary<string, string> names = new(StringComparer.OrdinalIgnoreCase);
        string text = script.ToString();
        int start = script.Ast.Extent.StartOffset + Math.Max(0, script.Ast.Extent.Text.IndexOf(text, StringComparison.Ordinal));
        StringBuilder result = new(text);
        foreach (VariableExpressionAst variable in script.Ast.FindAll(ast => ast is UsingExpressionAst, searchNestedScriptBlocks: true)
            .Select(Variable).OrderByDescending(variable => variable.Extent.StartOffset))
        {
            string path = variable.VariablePath.UserPath;
            if (!names.TryGetValue(path, out string? name))
            {
                names[path] = name = UsingPrefix + names.Count;
                variables[name] = value(path);
            }

            int at = variable.Extent.StartOffset - start;
            result.Remove(at, variable.Extent.Text.Length).Insert(at, variable.Splatted ? "@" + name : "${" + name + "}");
        }

        return (result.ToString(), variables);
    }

    /// <summary>$using:a.b[0] is one expression, and begins with its variable.</summary>
    private static VariableExpressionAst Variable(Ast expression) => (VariableExpressionAst)expression.Find(ast => ast is VariableExpressionAst, searchNestedScriptBlocks: false);
}
