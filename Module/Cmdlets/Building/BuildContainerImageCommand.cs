using System.Collections;
using System.Management.Automation;
using System.Text;
using Containers.Engine;
using Containers.Engine.Building;
using Containers.Engine.Distribution;
using Containers.Engine.Images;
using Containers.Engine.Launch;

namespace Containers.Cmdlets;

/// <summary>
/// Builds an image from a Dockerfile. One line for each step goes to the information stream and shows at the prompt, what the steps print goes to
/// the verbose stream, and the image down the pipeline.
/// </summary>
[Cmdlet("Build", "ContainerImage", SupportsShouldProcess = true)]
[OutputType(typeof(ContainerImage), typeof(BuildStep), typeof(FileInfo), typeof(DirectoryInfo))]
public sealed partial class BuildContainerImageCommand : ContainersCmdlet, IDisposable
{
    private readonly StringBuilder _text = new();

    private bool _hasText;

    private bool _isBuilt;

    private FileStream? _archive;

    /// <summary>What COPY and ADD read from: a directory, a tar archive, or the address of an archive or a repository.</summary>
    [Parameter(Position = 0)]
    [Alias("Context", "FullName")]
    [ValidateNotNullOrEmpty]
    public string? Path { get; set; }

    /// <summary>Directories and archives, each a build of its own; or the lines of a Dockerfile; or the bytes of a tar archive.</summary>
    [Parameter(ValueFromPipeline = true)]
    [AllowEmptyString]
    [AllowNull]
    public object? InputObject { get; set; }

    /// <summary>The Dockerfile; the one in the context.</summary>
    [Parameter]
    [Alias("Dockerfile")]
    [ValidateNotNullOrEmpty]
    public string? File { get; set; }

    /// <summary>Names of the image; from the pipeline, so that a script block can make them of what comes: { $_.Name }.</summary>
    [Parameter(Position = 1, ValueFromPipelineByPropertyName = true)]
    [Alias("Reference", "Repository")]
    [ValidateNotNullOrEmpty]
    public string[] Tag { get; set; } = [];

    /// <summary>Further contexts: @{ name = 'directory, archive, address or image' }.</summary>
    [Parameter, MapTransformation(Bare = BareKey.Refused)]
    public IDictionary? BuildContext { get; set; }

    /// <summary>Values for ARG: a hashtable, 'NAME=value', or 'NAME' for the caller's variable.</summary>
    [Parameter, MapTransformation(Bare = BareKey.Null), ArgumentCompleter(typeof(BuildArgumentCompleter))]
    [Alias("BuildArg")]
    public IDictionary? BuildArgument { get; set; }

    /// <summary>The stage that is wanted.</summary>
    [Parameter, ArgumentCompleter(typeof(BuildStageCompleter))]
    [ValidateNotNullOrEmpty]
    public string? Target { get; set; }

    /// <summary>Every step is done anew.</summary>
    [Parameter]
    [Alias("SkipCache")]
    public SwitchParameter NoCache { get; set; }

    /// <summary>Registries are asked for newer base images.</summary>
    [Parameter]
    public SwitchParameter Pull { get; set; }

    /// <summary>Labels of the image.</summary>
    [Parameter, MapTransformation(Bare = BareKey.Empty)]
    public IDictionary? Label { get; set; }

    /// <summary>The network of RUN: none, host, or the name of one.</summary>
    [Parameter, ArgumentCompleter(typeof(NetworkModeCompleter))]
    [ValidateNotNullOrEmpty]
    public string? Network { get; set; }

    /// <summary>Names for addresses in RUN.</summary>
    [Parameter, HostEntryTransformation]
    public HostEntry[] AddHost { get; set; } = [];

    /// <summary>What RUN --mount=type=secret may read: 'id=npm,src=token.txt', 'id=npm,env=TOKEN', @{ npm = 'token.txt' }.</summary>
    [Parameter, BuildSecretTransformation]
    public IDictionary? Secret { get; set; }

    /// <summary>Sockets of ssh agents: 'default', 'id=SOCKET', @{ id = 'SOCKET' }.</summary>
    [Parameter, MapTransformation(Bare = BareKey.Null)]
    public IDictionary? Ssh { get; set; }

    /// <summary>os/architecture[/variant] of the image.</summary>
    [Parameter, ArgumentCompleter(typeof(PlatformCompleter))]
    [ValidateNotNullOrEmpty]
    public string? Platform { get; set; }

    /// <summary>What the result becomes instead of an image: a path, or 'type=tar,dest=PATH'; local, tar, oci, docker, image.</summary>
    [Parameter, BuildOutputTransformation]
    [ValidateNotNullOrEmpty]
    public BuildOutputTarget[] Output { get; set; } = [];

    /// <summary>All layers above the base image become one.</summary>
    [Parameter]
    public SwitchParameter Squash { get; set; }

    /// <summary>The time of everything that the build makes.</summary>
    [Parameter, EpochTransformation]
    public DateTimeOffset? SourceDateEpoch { get; set; }

    /// <summary>The container of a RUN that failed stays.</summary>
    [Parameter]
    public SwitchParameter KeepFailed { get; set; }

    /// <summary>How many steps run at once.</summary>
    [Parameter]
    [Alias("Jobs")]
    [ValidateRange(1, 1024)]
    public int? ThrottleLimit { get; set; }

    /// <summary>Writes each step before the image.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    private bool IsWhatIf => MyInvocation.BoundParameters.TryGetValue("WhatIf", out object? value) ? LanguagePrimitives.IsTrue(value)
        : LanguagePrimitives.IsTrue(GetVariableValue("WhatIfPreference"));

    protected override void ProcessRecord()
    {
        // A script whose standard input is redirected hands its commands a null.
        switch (Conversions.Unwrap(InputObject))
        {
            case null:
                break;
            case byte[] bytes:
                Archive().Write(bytes);
                break;
            case byte one:
                Archive().WriteByte(one);
                break;
            case Stream stream:
                stream.CopyTo(Archive());
                break;
            case FileSystemInfo place:
                _isBuilt = true;
                Build(place.FullName);
                break;
            case { } input:
                _hasText = true;
                foreach (object? line in Conversions.Elements(input))
                {
                    _text.Append(Conversions.Text(line)).Append('\n');
                }

                break;
        }
    }

    /// <summary>A file without a name: nobody else sees it, and it is gone with this process at the latest.</summary>
    private FileStream Archive()
    {
        if (_archive is null)
        {
            string path = System.IO.Path.Combine(System.IO.Path.GetTempPath(), System.IO.Path.GetRandomFileName());
            _archive = new FileStream(path, new FileStreamOptions
            {
                Mode = FileMode.CreateNew, Access = FileAccess.ReadWrite, BufferSize = 128 * 1024,
                UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
            });
            System.IO.File.Delete(path);
        }

        return _archive;
    }

    /// <summary>PowerShell does it when the pipeline has ended, however it did.</summary>
    public void Dispose() => _archive?.Dispose();

    protected override void EndProcessing()
    {
        if (_archive is not null)
        {
            _archive.Position = 0;
        }

        if (!_isBuilt || _archive is not null || _hasText)
        {
            Build(Path);
        }
    }

    /// <summary>One build: each directory or archive of the pipeline is one, everything else together another.</summary>
    private void Build(string? path)
    {
        if (!TryRun(_ => Request(path), out BuildRequest? request))
        {
            return;
        }

        string name = Tag.Length > 0 ? $"image \"{string.Join("\", \"", Tag)}\"" : "an image";
        string source = request.Archive is not null ? "the archive of the pipeline"
            : request.Context is null ? "the Dockerfile of the pipeline"
            : $"\"{BuildRequest.Shown(request.Context)}\"";
        bool wanted = ShouldDo($"Build {name} from {source}");
        if (!wanted && !IsWhatIf)
        {
            return;
        }

        using BuildDisplay display = new(this, PassThru || !wanted) { IsQuiet = !wanted };
        if (TryRun(stop => Build(request with { DryRun = !wanted, Report = display.Report, Idle = display.Refresh }, stop), out ContainerImage[]? images))
        {
            display.Complete();
            WriteObject(images, enumerateCollection: true);
            if (wanted)
            {
                WriteObject(
                    request.Outputs.Where(output => output.Type != BuildOutputType.Image).Select<BuildOutputTarget, FileSystemInfo>(
                        output => output.Type == BuildOutputType.Local ? new DirectoryInfo(output.Path) : new FileInfo(output.Path)),
                    enumerateCollection: true);
            }
        }
    }

    private ContainerImage[] Build(BuildRequest request, CancellationToken stop) => Engine.Build(request, stop) is { } image ? [image] : [];

    private BuildRequest Request(string? path)
    {
        if (_hasText && _text.ToString().Contains('\0', StringComparison.Ordinal))
        {
            throw new EngineException(
                EngineErrorKind.InvalidData, "BuildContextIsText", "What came through the pipeline is no text: an archive, it seems, whose bytes PowerShell took for characters.", null,
                "Write the archive to a file and give its path, or pass bytes: Get-Content context.tar -AsByteStream -Raw | Build-ContainerImage.");
        }

        if (_archive is not null && (path is not null || _hasText))
        {
            throw new EngineException(
                EngineErrorKind.InvalidArgument, "BuildContextAmbiguous", "An archive from the pipeline is a build context, and another one is given.", path,
                "Give one of them.");
        }

        bool isElsewhere = _archive is not null || (path is not null && (IsAddress(path) || System.IO.File.Exists(ResolvePath(path))));
        return new BuildRequest
        {
            Context = _archive is not null ? null : path is not null ? IsAddress(path) ? path : ResolvePath(path) : _hasText ? null : ResolvePath("."),
            Archive = _archive,
            Contexts = NamedContexts(),
            File = File is null || isElsewhere ? null : ResolveFile(path),
            FileInContext = isElsewhere ? File : null,
            Text = _hasText ? Encoding.UTF8.GetBytes(_text.ToString()) : default(ReadOnlyMemory<byte>?),
            References = [.. Tag.Select(ParseTag)],
            Arguments = Arguments(),
            Target = Target,
            NoCache = NoCache,
            PullPolicy = Pull ? PullPolicy.Newer : PullPolicy.Missing,
            Labels = Map(Label),
            Network = BuildNetwork(),
            Secrets = Secrets(),
            SshAgents = Agents(),
            Platform = ParsePlatform(Platform),
            Squash = Squash,
            CacheFrom = [.. Conversions.Rejoin(CacheFrom).Cast<string>().Select(ParsePlace)],
            CacheTo = [.. Conversions.Rejoin(CacheTo).Cast<string>().Select(ParsePlace)],
            Outputs = [.. Output.Select(output => output.Type == BuildOutputType.Image ? output : output with { Path = ResolvePath(output.Path) })],
            SourceDateEpoch = SourceDateEpoch,
            KeepFailed = KeepFailed,
            Parallel = ThrottleLimit,
            Warning = Warn,
        };
    }

    private static bool IsAddress(string text) => BuildRequest.IsAddress(text);

    /// <summary>A path that is there or looks like one, an address, or else an image.</summary>
    private Dictionary<string, string> NamedContexts()
    {
        Dictionary<string, string> contexts = new(StringComparer.Ordinal);
        foreach ((string name, string value) in Map(BuildContext))
        {
            contexts[name] = value switch
            {
                _ when IsAddress(value) || value.StartsWith(BuildRequest.ImagePrefix, StringComparison.Ordinal) => value,
                _ when value is ['.' or '/' or '~', ..] || System.IO.Path.Exists(ResolvePath(value)) => ResolvePath(value),
                _ => BuildRequest.ImagePrefix + value,
            };
        }

        return contexts;
    }

    /// <summary>Steps warn on threads of their own; <see cref="ContainersCmdlet.TryRun(Action{CancellationToken})"/> writes it in the end.</summary>
    private void Warn(string message)
    {
        lock (Warnings)
        {
            if (!Warnings.Contains(message))
            {
                Warnings.Add(message);
            }
        }
    }

    /// <summary>As docker has it: from where the user is; a relative name that is not there is looked for in the context.</summary>
    private string ResolveFile(string? path)
    {
        string resolved = ResolvePath(File!);
        string inContext = path is null || System.IO.Path.IsPathRooted(File) ? resolved : System.IO.Path.Combine(ResolvePath(path), File!);
        return System.IO.File.Exists(resolved) || !System.IO.File.Exists(inContext) ? resolved : inContext;
    }

    private static ImageReference ParseTag(string tag)
    {
        ImageReference reference = ImageReference.Parse(tag);
        return reference.Digest is null ? reference : throw new EngineException(
            EngineErrorKind.InvalidArgument, "InvalidImageReference", $"'{tag}' names a digest; an image cannot be named so.", tag,
            "Leave the digest out.");
    }

    /// <summary>A name alone is the caller's variable; where the caller has none, nothing is given.</summary>
    private Dictionary<string, string> Arguments()
    {
        Dictionary<string, string> arguments = new(StringComparer.Ordinal);
        foreach ((string name, string? value) in Entries(BuildArgument))
        {
            if ((value ?? Environment.GetEnvironmentVariable(name)) is { } known)
            {
                arguments[name] = known;
            }
        }

        return arguments;
    }

    private Dictionary<string, BuildSecret> Secrets() => (Secret as Dictionary<string, BuildSecret> ?? [])
        .ToDictionary(one => one.Key, one => one.Value.Path is { } path ? one.Value with { Path = ResolvePath(path) } : one.Value, StringComparer.Ordinal);

    /// <summary>An id alone is the caller's agent.</summary>
    private Dictionary<string, string> Agents()
    {
        Dictionary<string, string> agents = new(StringComparer.Ordinal);
        foreach ((string id, string? socket) in Entries(Ssh))
        {
            agents[id] = socket is { Length: > 0 } ? ResolvePath(socket)
                : Environment.GetEnvironmentVariable("SSH_AUTH_SOCK") is { Length: > 0 } own ? own
                : throw new EngineException(
                    EngineErrorKind.ObjectNotFound, "SshAgentNotFound", "There is no ssh agent: $env:SSH_AUTH_SOCK is not set.", id,
                    "Start one with ssh-agent, or give its socket.");
        }

        return agents;
    }

    private NetworkSpec BuildNetwork()
    {
        NetworkSpec network = new() { HostEntries = AddHost };
        return Network?.ToLowerInvariant() switch
        {
            null or "default" or NetworkSpec.Bridge => network,
            NetworkSpec.None => network with { Mode = NetworkSpec.None },
            NetworkSpec.Host => network with { Mode = NetworkSpec.Host },
            _ => network with { Networks = [new NetworkAttachment(Network)] },
        };
    }
}
