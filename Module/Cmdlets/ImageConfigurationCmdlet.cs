using System.Collections;
using System.Management.Automation;
using Containers.Engine.Images;

namespace Containers.Cmdlets;

/// <summary>A cmdlet that makes an image: its names and what containers of it start with.</summary>
public abstract class ImageConfigurationCmdlet : ContainersCmdlet
{
    /// <summary>Names of the image, name[:tag]; one that another image has moves over.</summary>
    [Parameter(Position = 1)]
    [Alias("Tag", "Name")]
    [ValidateNotNullOrEmpty]
    public virtual string[] Reference { get; set; } = [];

    /// <summary>The program and its arguments that containers run.</summary>
    [Parameter]
    public string[]? Command { get; set; }

    /// <summary>What is put before the command.</summary>
    [Parameter]
    public string[]? Entrypoint { get; set; }

    /// <summary>Variables, as a hashtable, as 'NAME=value', or as 'NAME' for the caller's value.</summary>
    [Parameter, MapTransformation(Bare = BareKey.Null)]
    [Alias("Env")]
    public IDictionary? Environment { get; set; }

    /// <summary>name, uid, name:group or uid:gid.</summary>
    [Parameter]
    public string? User { get; set; }

    /// <summary>Where containers start.</summary>
    [Parameter]
    [Alias("WorkDir")]
    public string? WorkingDirectory { get; set; }

    /// <summary>Labels, as a hashtable or as 'key=value'.</summary>
    [Parameter, MapTransformation(Bare = BareKey.Empty)]
    public IDictionary? Label { get; set; }

    /// <summary>A comment for the image's history.</summary>
    [Parameter]
    public string? Message { get; set; }

    /// <summary>Who made it.</summary>
    [Parameter]
    public string? Author { get; set; }

    /// <summary>What a stop sends first.</summary>
    [Parameter, ArgumentCompleter(typeof(SignalCompleter))]
    public string? StopSignal { get; set; }

    /// <summary>'image "web:1"', or 'an image' for one without a name.</summary>
    private protected string Subject => Reference.Length == 0 ? "an image" : $"image \"{string.Join("\", \"", Reference)}\"";

    private protected ImageImportOptions BuildOptions() => new()
    {
        References = [.. Reference.Select(ImageReference.Parse)],
        Command = Command ?? [],
        Entrypoint = Entrypoint ?? [],
        Environment = BuildEnvironment(),
        User = User,
        WorkingDirectory = WorkingDirectory,
        Labels = (Label as Dictionary<string, string?> ?? []).ToDictionary(entry => entry.Key, entry => entry.Value ?? ""),
        Message = Message,
        Author = Author,
        StopSignal = StopSignal,
        Warning = WriteWarning,
    };

    private List<string> BuildEnvironment()
    {
        List<string> variables = [];
        foreach ((string key, string? value) in Environment as Dictionary<string, string?> ?? [])
        {
            if ((value ?? System.Environment.GetEnvironmentVariable(key)) is { } known)
            {
                variables.Add(key + "=" + known);
            }
        }

        return variables;
    }
}
