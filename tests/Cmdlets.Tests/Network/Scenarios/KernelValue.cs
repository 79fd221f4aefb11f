namespace Containers.Cmdlets.Tests.Network.Scenarios;

/// <summary>A parameter below /proc/sys that has another value for a while; of this network namespace.</summary>
internal sealed class KernelValue : IDisposable
{
    private readonly string _path;
    private readonly string _before;

    internal KernelValue(string name, string value)
    {
        _path = "/proc/sys/" + name;
        Skip.IfNot(File.Exists(_path), $"this kernel has no {name}");
        _before = File.ReadAllText(_path);
        File.WriteAllText(_path, value);
    }

    public void Dispose() => File.WriteAllText(_path, _before);
}
