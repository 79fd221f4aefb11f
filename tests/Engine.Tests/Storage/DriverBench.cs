using System.Globalization;
using System.Text;
using Containers.Engine.Images;
using Containers.Engine.Linux;
using Containers.Engine.Storage;
using Containers.Engine.Tests.Images;
using Xunit;

namespace Containers.Engine.Tests.Storage;

/// <summary>
/// A data root on a file system of a kind, with an image of two layers and a container of it. The container's changes are made by a shell
/// script where a process of it would make them: on the mounted overlay (in a mount namespace of the script's own), or in its tree.
/// </summary>
internal sealed class DriverBench : IDisposable
{
    internal const string Id = "c0ffee0000000000000000000000000000000000000000000000000000000000";

    private readonly TestFolder _folder = new();
    private readonly bool _mounted;

    /// <param name="kind">overlay, vfs, btrfs (on a loop file), vfs+btrfs (copies that share data).</param>
    internal DriverBench(string kind)
    {
        Kind = kind;
        Skip.IfNot(Shell.IsRoot, "mounts and owners need root");
        DataRoot = _folder["data"];
        Directory.CreateDirectory(DataRoot);
        if (kind.Contains("btrfs", StringComparison.Ordinal))
        {
            Skip.IfNot(Shell.Has("mkfs.btrfs"), "mkfs.btrfs is not installed");
            Shell.Run($"truncate -s 512M '{_folder["disk"]}' && mkfs.btrfs -q '{_folder["disk"]}'", _folder.Path);
            try
            {
                Shell.Run($"mount -t btrfs -o loop '{_folder["disk"]}' '{DataRoot}'", _folder.Path);
            }
            catch (InvalidOperationException e)
            {
                _folder.Dispose();
                Skip.If(true, "a btrfs cannot be mounted here: " + e.Message);
            }

            _mounted = true;
        }

        Directory.CreateDirectory(DataRoot + "/containers");
        Driver = new StorageDrivers(DataRoot, () => null).Get(kind.Split('+')[0]);
        Images = new ImageStore(DataRoot);
    }

    internal string Kind { get; }

    internal string DataRoot { get; }

    internal IStorageDriver Driver { get; }

    internal ImageStore Images { get; }

    internal ImageRecord Image { get; private set; } = null!;

    internal string Container => DataRoot + "/containers/" + Id;

    /// <summary>Makes the image: the first script's files are the lower layer, the second one's changes the upper.</summary>
    internal DriverBench WithImage(string lower, string? upper = null)
    {
        string source = _folder["source"];
        Directory.CreateDirectory(source);
        Shell.Run(lower, source);
        ContainerImage image = Images.CreateFromDirectory(
            source, new ImageImportOptions { Created = DateTimeOffset.UnixEpoch, Limits = new ImportLimits { MinimumFreeBytes = 0 } }, null,
            CancellationToken.None);
        Image = Images.Open(image.Id);
        if (upper is not null)
        {
            MakeContainer(Image);
            Change(upper);
            Image = Images.Open(Commit().Id);
            RemoveContainer();
        }

        MakeContainer(Image);
        return this;
    }

    internal void MakeContainer(ImageRecord image)
    {
        Image = image;
        Directory.CreateDirectory(Container);
        Driver.Prepare(Container, image, CancellationToken.None);
    }

    internal void RemoveContainer()
    {
        Driver.Release(Container);
        FileTree.Remove(Container);
    }

    /// <summary>Runs a script in the container's root.</summary>
    internal void Change(string script)
    {
        if (Driver is not OverlayDriver)
        {
            Shell.Run(script, Container + "/layer/root");
            return;
        }

        string mount = _folder["mount"];
        Directory.CreateDirectory(mount);
        string options = Encoding.UTF8.GetString(Driver.MountSteps(Image, Id, mount, throwAway: false)[1].Blob.Span).TrimEnd('\0');
        string file = _folder["script"];
        File.WriteAllText(file, $"set -e\nmount -t overlay overlay -o '{options}' '{mount}'\ncd '{mount}'\n{script}\n");
        Shell.Run($"unshare -m sh -e '{file}'", DataRoot);
    }

    internal string[] Changes() => [.. Driver.Changes(Image, Container, CancellationToken.None).Select(change => change.ToString())];

    /// <summary>Commits the container as the engine does.</summary>
    internal ContainerImage Commit(IReadOnlyList<string>? paths = null, DateTimeOffset? latest = null) => Images.AddLayer(
        Image, writer => Driver.WriteDifference(Image, Container, paths, MountPoints.Usual, latest, writer, CancellationToken.None),
        Image.Config with { History = [.. Image.Config.History, new ImageHistory { Created = DateTimeOffset.UnixEpoch, CreatedBy = "test" }] },
        [], new ImportLimits { MinimumFreeBytes = 0 }, null, null, CancellationToken.None);

    /// <summary>The layer that a commit would make, entry by entry: name, or name -> link.</summary>
    internal string[] Layer(IReadOnlyList<string>? paths = null)
    {
        using MemoryStream stream = new();
        TarWriter writer = new(stream);
        Driver.WriteDifference(Image, Container, paths, MountPoints.Usual, null, writer, CancellationToken.None);
        writer.WriteEnd();
        stream.Position = 0;
        List<string> names = [];
        TarReader reader = new(stream);
        while (reader.Next() is TarEntry entry)
        {
            string link = entry.Type == TarEntryType.HardLink ? " = " + Encoding.UTF8.GetString(entry.LinkName.Span) : "";
            names.Add(Encoding.UTF8.GetString(entry.Name.Span) + link);
        }

        return [.. names];
    }

    /// <summary>Everything there is to see of a root: of the container, or of an image.</summary>
    internal string Look(ImageRecord? image = null)
    {
        using RootedDirectory root = Driver.OpenRoot(image ?? Image, image is null ? Container : null);
        string path = string.Create(
            CultureInfo.InvariantCulture, $"/proc/{Environment.ProcessId}/fd/{root.Handle.DangerousGetHandle()}/");
        return Shell.Run(
            "find . -mindepth 1 \\( -type d -printf '%p|%y|%m|%U:%G|%Ts\\n' -o -printf '%p|%y|%m|%U:%G|%n|%l|%Ts|%s\\n' \\) | sort; "
            + "find . \\( -type b -o -type c \\) -exec stat -c '%n %t:%T' {} + | sort; "
            + "find . -type f -print0 | sort -z | xargs -0r sha256sum; "
            + "find . \\( -type f -o -type d \\) -print0 | sort -z | xargs -0r getfattr -h -d -m '^(user|security.capability)' -e hex 2>/dev/null"
            + " || true",
            path);
    }

    public void Dispose()
    {
        if (_mounted)
        {
            Shell.Run($"umount '{DataRoot}'", "/");
        }

        _folder.Dispose();
    }
}
