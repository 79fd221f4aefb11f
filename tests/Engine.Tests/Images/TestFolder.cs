using Containers.Engine.Linux;

namespace Containers.Engine.Tests.Images;

/// <summary>A folder that is gone after the test; in memory where the machine has that, as imports sync their file system.</summary>
internal sealed class TestFolder : IDisposable
{
    public TestFolder()
    {
        string parent = Directory.Exists("/dev/shm") ? "/dev/shm" : System.IO.Path.GetTempPath();
        Path = System.IO.Path.Join(parent, "containers-images-" + Guid.NewGuid().ToString("N")[..12]);
        Directory.CreateDirectory(Path);
    }

    public string Path { get; }

    public string this[string name] => System.IO.Path.Join(Path, name);

    public void Dispose() => FileTree.Remove(Path);
}
