using System.Management.Automation;
using Containers.Engine.Lifecycle;

namespace Containers.Cmdlets;

/// <summary>
/// A program's output as lines: those of its standard output go down the pipeline, those of its standard error to the information stream,
/// tagged Stderr.
/// </summary>
internal sealed class OutputLines(Cmdlet cmdlet)
{
    // "PSHOST" shows it at the prompt whatever $InformationPreference says, as Write-Host does.
    private static readonly string[] s_stderrTags = ["PSHOST", "Stderr"];

    private readonly LineSplitter _output = new();

    private readonly LineSplitter _error = new();

    internal void Write(OutputChunk chunk)
    {
        if (chunk.Stream == LogStream.Stderr)
        {
            _error.Add(chunk.Data.Span, WriteError);
        }
        else
        {
            _output.Add(chunk.Data.Span, cmdlet.WriteObject);
        }
    }

    /// <summary>The last lines, when they have no end.</summary>
    internal void End()
    {
        _output.End(cmdlet.WriteObject);
        _error.End(WriteError);
    }

    private void WriteError(string line) => cmdlet.WriteInformation(new HostInformationMessage { Message = line }, s_stderrTags);
}
