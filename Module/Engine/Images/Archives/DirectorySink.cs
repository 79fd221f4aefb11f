using Containers.Engine.Linux;
using Microsoft.Win32.SafeHandles;

namespace Containers.Engine.Images;

/// <summary>
/// An OCI layout as a directory: a new one, an empty one, or one that is a layout already and is added to. Files appear whole, under a
/// temporary name first. Not kept, what was written is removed. Links in a layout that was there lead nowhere outside it.
/// </summary>
internal sealed class DirectorySink : ArchiveSink, IDisposable
{
    private readonly string _path;
    private readonly bool _isNew;
    private readonly RootedDirectory _root;
    private readonly SaveProgress? _progress;
    private readonly CancellationToken _cancel;
    private readonly List<(string Directory, string Name)> _written = [];
    private bool _kept;

    /// <exception cref="EngineException">
    /// ArchiveTargetExists: it is a file, or a directory with something else in it. ArchiveWriteFailed.
    /// </exception>
    internal DirectorySink(string path, SaveProgress? progress, CancellationToken cancel)
    {
        _path = path;
        _progress = progress;
        _cancel = cancel;
        try
        {
            _isNew = !Path.Exists(path);
            bool layout = File.Exists(Path.Join(path, "oci-layout"));
            if (File.Exists(path) || (!_isNew && !layout && Directory.EnumerateFileSystemEntries(path).Any()))
            {
                throw new EngineException(
                    EngineErrorKind.ResourceExists, "ArchiveTargetExists", $"'{path}' exists and is no OCI layout.", path,
                    "Choose a new or an empty directory.");
            }

            Directory.CreateDirectory(path);
            _root = RootedDirectory.Open(path);
            Others = layout ? ReadOthers() : [];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or LinuxException)
        {
            throw ArchiveErrors.WriteFailed(path, e);
        }
    }

    /// <summary>What the index names already.</summary>
    internal IReadOnlyList<OciDescriptor> Others { get; }

    internal override void Write(string name, long size, Action<Stream> produce)
    {
        int slash = name.LastIndexOf('/');
        string directory = slash < 0 ? "." : name[..slash];
        try
        {
            using SafeFileHandle folder = _root.EnsureDirectory(directory);

            // Through the descriptor: whatever the path has become meanwhile, this is the directory that was found inside the root.
            string parent = $"/proc/self/fd/{folder.DangerousGetHandle()}";
            string target = Path.Join(parent, name[(slash + 1)..]);
            if (MemberPath.BlobDigest(name) is not null && new FileInfo(target) is { Exists: true, LinkTarget: null } there
                && there.Length == size)
            {
                return;
            }

            bool replaces = Path.Exists(target);
            WriteFile(parent, target, name, size, produce);
            if (!replaces)
            {
                _written.Add((directory, name[(slash + 1)..]));
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or LinuxException)
        {
            throw ArchiveErrors.WriteFailed(Path.Join(_path, name), e);
        }
    }

    /// <summary>All is there.</summary>
    internal void Keep() => _kept = true;

    public void Dispose()
    {
        using (_root)
        {
            if (_kept)
            {
                return;
            }

            if (_isNew)
            {
                FileTree.Remove(_path);
                return;
            }

            foreach ((string directory, string name) in _written)
            {
                using SafeFileHandle folder = _root.EnsureDirectory(directory);
                SmallFile.Remove($"/proc/self/fd/{folder.DangerousGetHandle()}/{name}");
            }
        }
    }

    private void WriteFile(string parent, string target, string name, long size, Action<Stream> produce)
    {
        string temporary = Path.Join(parent, "." + Guid.NewGuid().ToString("N"));
        try
        {
            using (FileStream file = new(temporary, TargetFile.Options))
            {
                ExactStream content = new(new TargetStream(file, Path.Join(_path, name), _progress, _cancel), name, size);
                produce(content);
                content.Check();
            }

            File.Move(temporary, target, overwrite: true);
        }
        catch
        {
            SmallFile.Remove(temporary);
            throw;
        }
    }

    private IReadOnlyList<OciDescriptor> ReadOthers()
    {
        using DirectoryMembers members = new(_path);
        return members.Contains(ImageArchiveReader.Index)
            && ManifestJson.Parse(members.Read(ImageArchiveReader.Index), MediaTypes.OciIndex, _path) is ImageIndex index
            ? index.Manifests
            : [];
    }
}
