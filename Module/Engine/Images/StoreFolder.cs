using Containers.Engine.Linux;

namespace Containers.Engine.Images;

/// <summary>Directories of the store: for the engine's eyes only (0700), whatever the umask says.</summary>
internal static unsafe class StoreFolder
{
    private const uint Private = 0x1C0;

    // Names with a dot count as hidden, and the default leaves hidden files out.
    private static readonly EnumerationOptions s_all = new() { AttributesToSkip = 0, MatchType = MatchType.Simple };

    /// <summary>Creates a directory that must not exist yet; its parent does.</summary>
    internal static void Create(string path)
    {
        if (!TryCreate(path))
        {
            throw new LinuxException("mkdir", path, Errno.EEXIST);
        }
    }

    /// <summary>Creates a directory and its parents where they are missing.</summary>
    internal static void Ensure(string path)
    {
        if (Directory.Exists(path))
        {
            return;
        }

        string? parent = Path.GetDirectoryName(path);
        if (parent is not null)
        {
            Ensure(parent);
        }

        TryCreate(path);
    }

    /// <summary>Removes the files that <see cref="SmallFile.Replace"/> left in a crash: their names begin with a dot.</summary>
    internal static void RemoveTemporaries(string path)
    {
        if (Directory.Exists(path))
        {
            foreach (string file in Directory.EnumerateFiles(path, ".*", s_all))
            {
                SmallFile.Remove(file);
            }
        }
    }

    private static bool TryCreate(string path)
    {
        fixed (byte* native = NativePath.From(path))
        {
            if (Libc.mkdirat(Libc.AT_FDCWD, native, Private) == 0)
            {
                return true;
            }
        }

        int error = Errno.Last;
        return error == Errno.EEXIST ? false : throw new LinuxException("mkdir", path, error);
    }
}
