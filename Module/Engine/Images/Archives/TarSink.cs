using System.Text;

namespace Containers.Engine.Images;

/// <summary>A tar that depends on nothing but its content: no times, no owners, one mode.</summary>
internal sealed class TarSink(Stream target) : ArchiveSink
{
    private const uint FileMode = 0x1A4;
    private const uint DirectoryMode = 0x1ED;

    private readonly TarWriter _writer = new(target);
    private readonly HashSet<string> _directories = [];

    internal override void Write(string name, long size, Action<Stream> produce)
    {
        for (int slash = name.IndexOf('/'); slash >= 0; slash = name.IndexOf('/', slash + 1))
        {
            if (_directories.Add(name[..slash]))
            {
                WriteHeader(name[..(slash + 1)], TarEntryType.Directory, DirectoryMode, 0);
            }
        }

        WriteHeader(name, TarEntryType.File, FileMode, size);
        ExactStream content = new(target, name, size);
        produce(content);
        content.Check();
        _writer.EndData();
    }

    /// <summary>The end marker.</summary>
    internal void Complete() => _writer.WriteEnd();

    private void WriteHeader(string name, TarEntryType type, uint mode, long size)
    {
        TarEntry entry = new() { Type = type, Mode = mode, Size = size };
        entry.Name.Set(Encoding.UTF8.GetBytes(name));
        _writer.WriteEntry(entry);
    }
}
