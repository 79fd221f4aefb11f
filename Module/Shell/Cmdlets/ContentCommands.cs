using System.Management.Automation;
using System.Management.Automation.Provider;
using System.Text;

namespace Containers.Shell.Cmdlets;

/// <summary>Text only: UTF-8 unless a byte order mark says otherwise.</summary>
[Cmdlet(VerbsCommon.Get, "Content")]
public sealed class GetContentCommand : PSCmdlet
{
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [Alias("LiteralPath", "PSPath")]
    public string[] Path { get; set; } = [];

    [Parameter]
    public SwitchParameter Raw { get; set; }

    [Parameter, ValidateRange(0, long.MaxValue), Alias("First", "Head")]
    public long TotalCount { get; set; } = -1;

    [Parameter, ValidateRange(0, int.MaxValue), Alias("Last")]
    public int Tail { get; set; } = -1;

    protected override void ProcessRecord()
    {
        foreach (string path in Path)
        {
            ProviderErrors.Run(this, path, () =>
            {
                _ = SessionState.Path.GetUnresolvedProviderPathFromPSPath(path, out ProviderInfo provider, out _);
                if (provider.Name != "FileSystem")
                {
                    WriteItem(path);
                    return;
                }

                foreach (string file in SessionState.Path.GetResolvedProviderPathFromPSPath(path, out _))
                {
                    WriteFile(file);
                }
            });
        }
    }

    private void WriteFile(string file)
    {
        if (Directory.Exists(file))
        {
            UnauthorizedAccessException error = new($"'{file}' is a directory and has no content.");
            WriteError(new ErrorRecord(error, "GetContainerContentException", ErrorCategory.InvalidArgument, file));
        }
        else if (Raw)
        {
            WriteObject(File.ReadAllText(file));
        }
        else
        {
            IEnumerable<string> lines = File.ReadLines(file);
            lines = TotalCount >= 0 ? lines.Take((int)Math.Min(int.MaxValue, TotalCount)) : Tail >= 0 ? lines.TakeLast(Tail) : lines;
            foreach (string line in lines)
            {
                WriteObject(line);
            }
        }
    }

    /// <summary>Variables, functions, environment variables; drives of modules.</summary>
    private void WriteItem(string path)
    {
        List<object?> lines = [];
        bool literal = InvokeProvider.Item.Exists(path, force: false, literalPath: true);
        foreach (IContentReader reader in InvokeProvider.Content.GetReader([path], force: false, literal))
        {
            using (reader)
            {
                while ((TotalCount < 0 || lines.Count < TotalCount) && reader.Read(TotalCount < 0 ? 100 : 1) is { Count: > 0 } part)
                {
                    if (Raw || Tail >= 0)
                    {
                        lines.AddRange(part.Cast<object?>());
                    }
                    else
                    {
                        lines.AddRange(TotalCount < 0 ? [] : part.Cast<object?>());
                        WriteObject(part, enumerateCollection: true);
                    }
                }
            }
        }

        if (Raw)
        {
            WriteObject(string.Concat(lines.Select(line => line + "\n")));
        }
        else if (Tail >= 0)
        {
            WriteObject(lines.TakeLast(Tail), enumerateCollection: true);
        }
    }
}

public abstract class WriteContentCommand : PSCmdlet
{
    private readonly StringBuilder _text = new();

    [Parameter(Mandatory = true, Position = 0, ValueFromPipelineByPropertyName = true), Alias("LiteralPath", "PSPath")]
    public string[] Path { get; set; } = [];

    [Parameter(Mandatory = true, Position = 1, ValueFromPipeline = true), AllowNull, AllowEmptyCollection]
    public object[]? Value { get; set; }

    [Parameter]
    public SwitchParameter NoNewline { get; set; }

    [Parameter, ValidateSet("utf8", "utf8NoBOM")]
    public string Encoding { get; set; } = "utf8NoBOM";

    protected override void ProcessRecord()
    {
        foreach (object? value in Value ?? [])
        {
            _text.Append(LanguagePrimitives.ConvertTo<string>(value)).Append(NoNewline ? "" : "\n");
        }
    }

    protected override void EndProcessing()
    {
        foreach (string path in Path)
        {
            string file = SessionState.Path.GetUnresolvedProviderPathFromPSPath(path, out ProviderInfo provider, out _);
            if (provider.Name != "FileSystem")
            {
                PSNotSupportedException error = new($"containers-shell writes content to files only, not to '{path}'.");
                WriteError(new ErrorRecord(error, "UnsupportedProvider", ErrorCategory.NotImplemented, path));
            }
            else if (ShouldProcess(file))
            {
                ProviderErrors.Run(this, file, () => Write(file, _text.ToString()));
            }
        }
    }

    private protected abstract void Write(string file, string text);
}

[Cmdlet(VerbsCommon.Set, "Content", SupportsShouldProcess = true)]
public sealed class SetContentCommand : WriteContentCommand
{
    private protected override void Write(string file, string text) => File.WriteAllText(file, text);
}

[Cmdlet(VerbsCommon.Add, "Content", SupportsShouldProcess = true)]
public sealed class AddContentCommand : WriteContentCommand
{
    private protected override void Write(string file, string text) => File.AppendAllText(file, text);
}
