using System.Net;
using Containers.Engine.Images;
using Containers.Engine.Registry;
using Containers.Engine.Tests.Images;

namespace Containers.Engine.Tests.Registry;

/// <summary>A user with an empty home, an /etc of their own and little patience.</summary>
internal sealed class RegistryHome : IDisposable
{
    private readonly TestFolder _folder = new();

    internal RegistryHome()
    {
        Environment["HOME"] = _folder["home"];
        Environment["PATH"] = _folder["bin"] + ":/usr/bin:/bin";
        Directory.CreateDirectory(_folder["home"]);
        Directory.CreateDirectory(_folder["bin"]);
        Options = new RegistryOptions
        {
            Environment = name => Environment.GetValueOrDefault(name),
            SystemFolder = _folder["etc"],
            DockerFolder = _folder["docker"],
            RootAuthFile = _folder["root-auth.json"],
            Resolve = host => host.EndsWith(".test", StringComparison.Ordinal) ? [IPAddress.Loopback] : Dns.GetHostAddresses(host),
            Stall = TimeSpan.FromSeconds(3),
            FirstDelay = TimeSpan.FromMilliseconds(1),
            LongestDelay = TimeSpan.FromMilliseconds(4),
            Retries = 3,
            ChunkSize = 1000,
            MonolithicSize = 100,
        };
    }

    internal Dictionary<string, string> Environment { get; } = [];

    internal RegistryOptions Options { get; set; }

    internal string this[string name] => _folder[name];

    internal string Write(string name, string content)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(_folder[name])!);
        File.WriteAllText(_folder[name], content);
        return _folder[name];
    }

    internal RegistryService Service() => new(Options);

    internal static OciDescriptor Describe(byte[] content) => new()
    {
        MediaType = "application/octet-stream",
        Digest = Digest.Of(content),
        Size = content.Length,
    };

    internal static byte[] Bytes(int length)
    {
        byte[] content = new byte[length];
        new Random(length).NextBytes(content);
        return content;
    }

    public void Dispose() => _folder.Dispose();
}
