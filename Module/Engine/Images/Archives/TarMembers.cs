using Microsoft.Win32.SafeHandles;

namespace Containers.Engine.Images;

/// <summary>The members of a plain tar in a file that can be read at any place.</summary>
internal sealed class TarMembers : ArchiveMembers
{
    private const int MaxHops = 8;

    private readonly SafeFileHandle _file;
    private readonly Dictionary<string, TarMember> _members;

    /// <param name="file">Read from its start; owned from now on.</param>
    /// <exception cref="EngineException">NotAnImageArchive, DamagedArchive, TruncatedArchive; the file is closed then.</exception>
    internal TarMembers(SafeFileHandle file, string subject, CancellationToken cancel)
    {
        _file = file;
        Subject = subject;
        try
        {
            _members = new TarScanner(file, subject, cancel).Scan();
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    internal override string Subject { get; }

    internal override bool Contains(string name) =>
        MemberPath.Clean(name) is string clean && _members.TryGetValue(clean, out TarMember member) && member.Link is null;

    internal override IEnumerable<string> Directories() =>
        _members.Keys.Where(name => name.Contains('/', StringComparison.Ordinal)).Select(name => name[..name.IndexOf('/')]).Distinct();

    internal override long Length(string name) => Find(name).Size;

    internal override Stream Open(string name)
    {
        TarMember member = Find(name);
        return new FileSlice(_file, member.Offset, member.Size);
    }

    public override void Dispose() => _file.Dispose();

    private TarMember Find(string name)
    {
        string? path = MemberPath.Clean(name);
        for (int hops = 0; hops <= MaxHops; hops++)
        {
            if (path is null)
            {
                throw ArchiveErrors.Unsafe(name, "it leads out of the archive");
            }

            if (!_members.TryGetValue(path, out TarMember member))
            {
                throw ArchiveErrors.Missing(name);
            }

            if (member.Link is null)
            {
                return !member.Sparse ? member : throw ImageErrors.DamagedArchive($"'{name}' is stored with holes");
            }

            // A hard link's target counts from the root of the archive, a symbolic one's from its directory.
            path = member.Symbolic ? MemberPath.Follow(path, member.Link) : MemberPath.Clean(member.Link);
        }

        throw ArchiveErrors.Unsafe(name, "it goes through too many links");
    }
}
