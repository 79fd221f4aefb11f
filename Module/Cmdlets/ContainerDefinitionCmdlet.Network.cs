using System.Management.Automation;
using Containers.Engine;
using Containers.Engine.Launch;

namespace Containers.Cmdlets;

/// <summary>How the container is connected.</summary>
public abstract partial class ContainerDefinitionCmdlet
{
    /// <summary>Networks, or one of none, host and container:NAME; the default network without it.</summary>
    [Parameter, NetworkModeTransformation]
    [ArgumentCompleter(typeof(NetworkModeCompleter))]
    [ValidateNotNullOrEmpty]
    public string[] Network { get; set; } = [];

    /// <summary>Further names under which others on its networks find it.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string[] NetworkAlias { get; set; } = [];

    /// <summary>A fixed IPv4 address on the first network.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? IPAddress { get; set; }

    /// <summary>A fixed IPv6 address on the first network.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? IPv6Address { get; set; }

    /// <summary>Hardware address on the first network.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? MacAddress { get; set; }

    /// <summary>Ports in docker's spelling, as hashtables, as mappings.</summary>
    [Parameter, PortPublicationTransformation]
    public PortPublication[] Publish { get; set; } = [];

    /// <summary>Publishes every exposed port.</summary>
    [Parameter]
    public SwitchParameter PublishAll { get; set; }

    /// <summary>Ports besides those the image exposes: 80, 53/udp, 7000-7010.</summary>
    [Parameter, ExposedPortTransformation]
    public ContainerPort[] Expose { get; set; } = [];

    /// <summary>Containers it finds by a name: 'db:alias', 'db', @{ db = 'alias' }.</summary>
    [Parameter, LinkTransformation]
    [ArgumentCompleter(typeof(RunningContainerCompleter))]
    public LinkSpec[] Link { get; set; } = [];

    /// <summary>Name servers.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string[] Dns { get; set; } = [];

    /// <summary>Search domains; "." for none.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string[] DnsSearch { get; set; } = [];

    /// <summary>Options of resolv.conf(5).</summary>
    [Parameter]
    [Alias("DnsOpt")]
    [ValidateNotNullOrEmpty]
    public string[] DnsOption { get; set; } = [];

    /// <summary>Names for addresses: @{ name = '10.0.0.1' }, 'name:10.0.0.1'.</summary>
    [Parameter, HostEntryTransformation]
    public HostEntry[] AddHost { get; set; } = [];

    private NetworkSpec BuildNetwork()
    {
        string mode = NetworkMode();
        return new NetworkSpec
        {
            Mode = mode,
            Networks = mode == NetworkSpec.Own ? Attachments() : [],
            Published = Publish,
            PublishAll = PublishAll,
            Exposed = Expose,
            Links = Link,
            Dns = Dns,
            DnsSearch = DnsSearch,
            DnsOptions = DnsOption,
            HostEntries = AddHost,
        };
    }

    /// <summary>What only the parameters show is refused here: a spec has no place for the address of a network that is none.</summary>
    private string NetworkMode()
    {
        string[] modes = [.. Network.Select(Mode).Where(IsNoNetwork)];
        if (modes.Length == 0)
        {
            return NetworkSpec.Own;
        }

        if (Network.Length > 1)
        {
            throw Conflict(modes[0], $"\"{modes[0]}\" cannot be together with another network.", "Give it alone, or only networks.");
        }

        return HasAttachment
            ? throw Conflict(
                modes[0], $"With network \"{modes[0]}\" the container has no address of its own that could be chosen.",
                "Leave out -IPAddress, -IPv6Address, -MacAddress and -NetworkAlias, or give a network.")
            : modes[0];
    }

    private bool HasAttachment => IPAddress is not null || IPv6Address is not null || MacAddress is not null || NetworkAlias.Length > 0;

    /// <summary>The addresses are for the first network, the names for all.</summary>
    private List<NetworkAttachment> Attachments()
    {
        if (Network.Length == 0 && !HasAttachment)
        {
            return [];
        }

        List<NetworkAttachment> attachments =
        [
            .. (Network.Length == 0 ? [NetworkSpec.Bridge] : Network).Select(name => new NetworkAttachment(name) { Aliases = NetworkAlias }),
        ];
        attachments[0] = attachments[0] with { IPAddress = IPAddress, IPv6Address = IPv6Address, MacAddress = MacAddress };
        return attachments;
    }

    private static bool IsNoNetwork(string mode) => mode is NetworkSpec.None or NetworkSpec.Host
        || mode.StartsWith(NamespaceSpec.ContainerPrefix, StringComparison.Ordinal);

    private static EngineException Conflict(string mode, string message, string action) =>
        new(EngineErrorKind.InvalidArgument, ErrorIds.NetworkModeConflict, message, mode, action);
}
