using System.Management.Automation;
using System.Text;
using Microsoft.PowerShell.Commands.Internal.Format;

namespace Containers.Shell.Cmdlets;

/// <summary>Formatted text into a file; what the redirection operators &gt; and &gt;&gt; need.</summary>
[Cmdlet(VerbsData.Out, "File")]
public sealed class OutFileCommand : FrontEndCommandBase
{
    private StreamWriter? _writer;

    [Parameter(Mandatory = true, Position = 0), Alias("Path", "LiteralPath", "PSPath")]
    public string FilePath { get; set; } = "";

    [Parameter]
    public SwitchParameter Append { get; set; }

    [Parameter]
    public SwitchParameter NoNewline { get; set; }

    [Parameter, ValidateRange(2, int.MaxValue)]
    public int Width { get; set; } = int.MaxValue;

    [Parameter(Position = 1), ValidateSet("utf8", "utf8NoBOM")]
    public string Encoding { get; set; } = "utf8NoBOM";

    protected override void BeginProcessing()
    {
        string path = SessionState.Path.GetUnresolvedProviderPathFromPSPath(FilePath);
        try
        {
            _writer = new StreamWriter(path, Append, new UTF8Encoding(false)) { NewLine = NoNewline ? "" : "\n" };
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            ThrowTerminatingError(new ErrorRecord(e, "FileOpenFailure", ErrorCategory.OpenError, path));
        }

        EngineFormatting.UseWriter(this, _writer!, Width);
        base.BeginProcessing();
    }

    protected override void InternalDispose()
    {
        base.InternalDispose();
        _writer?.Dispose();
    }
}
