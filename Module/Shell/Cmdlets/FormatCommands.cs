using System.Management.Automation;
using System.Text;
using Microsoft.PowerShell.Commands.Internal.Format;

namespace Containers.Shell.Cmdlets;

/// <summary>All parameters are the engine's own.</summary>
[Cmdlet(VerbsCommon.Format, "Table")]
public sealed class FormatTableCommand : OuterFormatTableBase
{
    public FormatTableCommand() => EngineFormatting.UseShape(this, "Table");
}

/// <inheritdoc cref="FormatTableCommand"/>
[Cmdlet(VerbsCommon.Format, "List")]
public sealed class FormatListCommand : OuterFormatTableAndListBase
{
    public FormatListCommand() => EngineFormatting.UseShape(this, "List");
}

[Cmdlet(VerbsData.Out, "String")]
[OutputType(typeof(string))]
public sealed class OutStringCommand : FrontEndCommandBase
{
    private readonly StringWriter _writer = new(new StringBuilder()) { NewLine = "\n" };

    [Parameter, ValidateRange(2, int.MaxValue)]
    public int Width { get; set; } = int.MaxValue;

    [Parameter]
    public SwitchParameter Stream { get; set; }

    [Parameter]
    public SwitchParameter NoNewline { get; set; }

    protected override void BeginProcessing()
    {
        EngineFormatting.UseWriter(this, _writer, Width);
        base.BeginProcessing();
    }

    protected override void ProcessRecord()
    {
        base.ProcessRecord();
        WriteLines();
    }

    protected override void EndProcessing()
    {
        base.EndProcessing();
        WriteLines();
        if (!Stream)
        {
            string text = _writer.ToString();
            WriteObject(NoNewline ? text.Replace("\n", "", StringComparison.Ordinal) : text);
        }
    }

    protected override void InternalDispose()
    {
        base.InternalDispose();
        _writer.Dispose();
    }

    private void WriteLines()
    {
        StringBuilder buffer = _writer.GetStringBuilder();
        if (!Stream || buffer.Length == 0)
        {
            return;
        }

        string[] lines = buffer.ToString().Split('\n');
        foreach (string line in lines.AsSpan(0, lines.Length - 1))
        {
            WriteObject(line);
        }

        buffer.Clear().Append(lines[^1]);
    }
}
