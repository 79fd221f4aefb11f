using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Containers.Engine.Registry.Http;

/// <summary>
/// Whether a registry is who it says: the system's authorities, then those of its folder. The name and the dates always count (S31,
/// CVE-2025-6032). The reason of the last refusal is kept, as the runtime's exception does not carry it.
/// </summary>
internal sealed class CertificateCheck(CertificateFolders folders, bool insecure)
{
    private static readonly Oid s_serverAuthentication = new("1.3.6.1.5.5.7.3.1");

    private volatile EngineException? _fault;
    private volatile EngineException? _ownFault;
    private volatile string? _refusal;

    /// <summary>Why the last certificate was refused; null where none was.</summary>
    internal string? Refusal => _refusal;

    /// <summary>A file of the folder that cannot be used.</summary>
    internal EngineException? Fault => _fault ?? _ownFault;

    internal bool Validate(object sender, X509Certificate? certificate, X509Chain? chain, SslPolicyErrors errors)
    {
        _refusal = null;
        _fault = null;
        if (insecure || errors == SslPolicyErrors.None)
        {
            return true;
        }

        if (certificate is not X509Certificate2 leaf || errors.HasFlag(SslPolicyErrors.RemoteCertificateNotAvailable))
        {
            _refusal = "it shows no certificate";
            return false;
        }

        // Dates first: an expired certificate is that, whoever signed it.
        if (DateTime.Now > leaf.NotAfter || DateTime.Now < leaf.NotBefore)
        {
            _refusal = DateTime.Now > leaf.NotAfter
                ? $"its certificate has expired on {leaf.NotAfter.ToUniversalTime():yyyy-MM-dd}"
                : $"its certificate is valid from {leaf.NotBefore.ToUniversalTime():yyyy-MM-dd} only";
            return false;
        }

        if (errors.HasFlag(SslPolicyErrors.RemoteCertificateNameMismatch))
        {
            _refusal = $"its certificate is for another host ({ErrorBody.Clean(Names(leaf))})";
            return false;
        }

        try
        {
            return IsSignedByOwn(leaf, chain);
        }
        catch (EngineException e)
        {
            _fault = e;
            return false;
        }
    }

    internal X509Certificate? Select(object sender, string host, X509CertificateCollection local, X509Certificate? remote, string[] issuers)
    {
        // Asked for before the server's certificate is judged: its fault must outlast that judgement.
        _ownFault = null;
        try
        {
            return folders.Client();
        }
        catch (EngineException e)
        {
            _ownFault = e;
            return null;
        }
    }

    private bool IsSignedByOwn(X509Certificate2 leaf, X509Chain? given)
    {
        X509Certificate2Collection own = folders.Authorities();
        string status = Describe(given);
        if (own.Count > 0)
        {
            using X509Chain chain = new();
            chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
            chain.ChainPolicy.CustomTrustStore.AddRange(own);
            chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
            chain.ChainPolicy.DisableCertificateDownloads = true;
            chain.ChainPolicy.ApplicationPolicy.Add(s_serverAuthentication);
            foreach (X509ChainElement element in given?.ChainElements.Skip(1) ?? [])
            {
                chain.ChainPolicy.ExtraStore.Add(element.Certificate);
            }

            chain.ChainPolicy.ExtraStore.AddRange(own);
            if (chain.Build(leaf))
            {
                return true;
            }

            status = Describe(chain);
        }

        _refusal = status;
        return false;
    }

    private static string Describe(X509Chain? chain)
    {
        X509ChainStatusFlags flags = (chain?.ChainStatus ?? []).Aggregate(X509ChainStatusFlags.NoError, (all, s) => all | s.Status);
        return flags.HasFlag(X509ChainStatusFlags.NotTimeValid) ? "a certificate of its chain has expired or is not valid yet"
            : (flags & (X509ChainStatusFlags.UntrustedRoot | X509ChainStatusFlags.PartialChain)) != 0
                ? "no authority this host knows has signed its certificate"
            : flags.HasFlag(X509ChainStatusFlags.NotValidForUsage) ? "its certificate is not one of a server"
            : $"its certificate is not valid ({flags})";
    }

    private static string Names(X509Certificate2 leaf)
    {
        X509SubjectAlternativeNameExtension? names = leaf.Extensions.OfType<X509SubjectAlternativeNameExtension>().FirstOrDefault();
        return names is null
            ? leaf.Subject
            : string.Join(", ", names.EnumerateDnsNames().Concat(names.EnumerateIPAddresses().Select(a => a.ToString())).Take(5));
    }
}
