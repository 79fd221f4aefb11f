using System.Management.Automation;
using Containers.Engine.Lifecycle;

namespace Containers.Cmdlets;

/// <summary>
/// A program's output on its way into the pipeline: lines of standard output as strings, or pieces of it as byte arrays; lines of standard
/// error go to the information stream, tagged Stderr.
/// </summary>
/// <param name="cmdlet">Writes them.</param>
/// <param name="asBytes">Standard output as it is.</param>
internal sealed class ProgramOutput(Cmdlet cmdlet, bool asBytes)
{
    private const string StderrTag = "Stderr";

    // "PSHOST" shows it at the prompt whatever $InformationPreference says, as Write-Host does.
    internal static IReadOnlyList<string> StderrTags { get; } = ["PSHOST", StderrTag];

    private readonly LineSplitter _stdout = new();

    private readonly LineSplitter _stderr = new();

    internal void Write(OutputChunk chunk)
    {
        if (chunk.Stream == LogStream.Stderr)
        {
            _stderr.Add(chunk.Data.Span, WriteStderr);
        }
        else if (asBytes)
        {
            // Whoever gets the array keeps it.
            cmdlet.WriteObject(chunk.Data.ToArray(), enumerateCollection: false);
        }
        else
        {
            _stdout.Add(chunk.Data.Span, cmdlet.WriteObject);
        }
    }

    /// <summary>The last lines, when they have no end.</summary>
    internal void End()
    {
        _stdout.End(cmdlet.WriteObject);
        _stderr.End(WriteStderr);
    }

    private void WriteStderr(string line) => cmdlet.WriteInformation(new HostInformationMessage { Message = line }, [.. StderrTags]);
}
