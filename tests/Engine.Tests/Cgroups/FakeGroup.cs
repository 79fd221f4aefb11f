namespace Containers.Engine.Tests.Cgroups;

/// <summary>A cgroup directory made of plain files: what a controller writes can be read back without root.</summary>
internal sealed class FakeGroup : IDisposable
{
    internal FakeGroup(params string[] files)
    {
        foreach (string file in files)
        {
            this[file] = string.Empty;
        }
    }

    internal string Path { get; } = Directory.CreateTempSubdirectory("containers-cgroup-").FullName;

    /// <summary>The last value written: up to its line feed, since a real cgroup file has no tail of older text.</summary>
    internal string this[string file]
    {
        get => File.ReadAllText($"{Path}/{file}").Split('\n')[0];
        set => File.WriteAllText($"{Path}/{file}", value);
    }

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
