using System.Collections;
using System.Management.Automation;
using System.Text;
using Containers.Engine;
using Containers.Engine.Building.Checking;

namespace Containers.Cmdlets;

/// <summary>
/// Reads and checks Dockerfiles without building anything: docker build --check. A file without findings gives nothing.
/// </summary>
[Cmdlet(VerbsDiagnostic.Test, "ContainerFile")]
[OutputType(typeof(ContainerFileFinding), typeof(bool))]
public sealed class TestContainerFileCommand : ContainersCmdlet
{
    private const string DefaultName = "Dockerfile";

    private readonly StringBuilder _text = new();

    private bool _hasText;

    private bool _hasErrors;

    /// <summary>Dockerfiles, or directories that hold one.</summary>
    [Parameter(Position = 0)]
    [Alias("FullName", "File")]
    [ValidateNotNullOrEmpty]
    public string[] Path { get; set; } = [];

    /// <summary>Files and directories, or the lines of one Dockerfile.</summary>
    [Parameter(ValueFromPipeline = true)]
    [AllowEmptyString]
    [AllowNull]
    public object? InputObject { get; set; }

    /// <summary>Values for ARG: a hashtable, or 'NAME=value'.</summary>
    [Parameter, MapTransformation(Bare = BareKey.Empty)]
    [Alias("BuildArg")]
    public IDictionary? BuildArgument { get; set; }

    /// <summary>Only whether everything can be built.</summary>
    [Parameter]
    public SwitchParameter Quiet { get; set; }

    protected override void ProcessRecord()
    {
        if (Conversions.Unwrap(InputObject) is not { } input)
        {
            return;
        }

        foreach (object? element in Conversions.Elements(input))
        {
            if (element is FileSystemInfo item)
            {
                CheckPath(item.FullName);
            }
            else
            {
                _hasText = true;
                _text.Append(Conversions.Text(element)).Append('\n');
            }
        }
    }

    protected override void EndProcessing()
    {
        foreach (string path in Path)
        {
            CheckPath(path);
        }

        if (_hasText)
        {
            Check(DefaultName, () => Encoding.UTF8.GetBytes(_text.ToString()), null);
        }
        else if (Path.Length == 0 && !MyInvocation.ExpectingInput)
        {
            CheckPath(".");
        }

        if (Quiet)
        {
            WriteObject(!_hasErrors);
        }
    }

    private void CheckPath(string path)
    {
        if (!TryRun(_ => ResolvePath(path), out string? resolved))
        {
            _hasErrors = true;
            return;
        }

        bool isDirectory = Directory.Exists(resolved);
        string file = isDirectory ? System.IO.Path.Join(resolved, DefaultName) : resolved;
        string shown = path == "." ? DefaultName : isDirectory ? System.IO.Path.Join(path, DefaultName) : path;
        Check(shown, () => WithUserFile(file, ContainerEngine.ReadContainerFile), System.IO.Path.GetDirectoryName(file));
    }

    private void Check(string name, Func<byte[]> read, string? directory)
    {
        Dictionary<string, string> arguments = [];
        foreach (DictionaryEntry entry in BuildArgument ?? new Hashtable())
        {
            arguments[(string)entry.Key] = (string?)entry.Value ?? "";
        }

        if (!TryRun(_ => Engine.CheckContainerFile(name, read(), directory, arguments), out IReadOnlyList<ContainerFileFinding>? findings))
        {
            _hasErrors = true;
            return;
        }

        _hasErrors |= findings.Any(finding => finding.Severity == FindingSeverity.Error);
        if (!Quiet)
        {
            WriteObject(findings, enumerateCollection: true);
        }
    }
}
