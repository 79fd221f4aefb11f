namespace Containers.Engine.Registry;

/// <summary>
/// A host that serves the registry's interface, and how it is spoken to. Which of http and TLS a loopback server speaks is found out once.
/// </summary>
internal sealed class RegistryEndpoint
{
    private volatile Uri _root;
    private volatile bool _known;

    /// <param name="domain">"docker.io", "localhost:5000".</param>
    /// <param name="insecure">registries.conf allows http, and TLS of anybody.</param>
    internal RegistryEndpoint(string domain, bool insecure)
    {
        Domain = domain;
        Insecure = insecure;
        _root = Uri.TryCreate("https://" + RegistryName.HostOf(domain) + "/", UriKind.Absolute, out Uri? root) ? root : throw RegistryName.Invalid(domain);
        AllowsHttp = insecure || RegistryName.IsLoopback(_root.Host);
    }

    internal string Domain { get; }

    internal bool Insecure { get; }

    /// <summary>Plain http is tried where TLS is not spoken; never for another host (S31).</summary>
    internal bool AllowsHttp { get; }

    internal Uri Root => _root;

    internal bool IsOwn(Uri uri) => uri.Scheme == _root.Scheme && uri.Authority == _root.Authority;

    /// <summary>TLS has worked: from now on nothing else does.</summary>
    internal void Settle() => _known = true;

    /// <summary>From TLS to http; false where that is not allowed.</summary>
    internal bool TryHttp(Uri failed)
    {
        if (!AllowsHttp || _known || failed.Scheme != Uri.UriSchemeHttps)
        {
            return false;
        }

        // Several threads may find it out at once; each may try again.
        _root = new Uri("http://" + RegistryName.HostOf(Domain) + "/");
        return true;
    }
}
