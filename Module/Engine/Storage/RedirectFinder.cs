using System.Globalization;
using System.Text;
using Containers.Engine.Linux;

namespace Containers.Engine.Storage;

/// <summary>
/// An upper directory is the exact difference unless overlay was allowed to leave things out: a renamed directory that only points to the old
/// one (trusted.overlay.redirect), a file with new metadata only (trusted.overlay.metacopy). Our mounts switch both off; an upper directory
/// of a container that was made before they did may have them.
/// </summary>
internal static unsafe class RedirectFinder
{
    internal static bool IsPlain(RootedDirectory upper, CancellationToken cancel)
    {
        int root = TreeDirectory.Reopen((int)upper.Handle.DangerousGetHandle(), "/"u8);
        try
        {
            return IsPlain(root, 1, cancel);
        }
        finally
        {
            _ = Libc.close(root);
        }
    }

    private static bool IsPlain(int directory, int depth, CancellationToken cancel)
    {
        byte[] prefix = Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"/proc/self/fd/{directory}/"));
        foreach (byte[] name in TreeDirectory.Names(directory, "/"u8))
        {
            cancel.ThrowIfCancellationRequested();
            if (!TreeDirectory.TryStat(directory, name, name, out Libc.statx_t status))
            {
                continue;
            }

            uint type = status.stx_mode & Libc.S_IFMT;
            if (type == Libc.S_IFREG && Has([.. prefix, .. name], "trusted.overlay.metacopy\0"u8))
            {
                return false;
            }

            if (type != Libc.S_IFDIR)
            {
                continue;
            }

            if (depth >= MaxDepth || Has([.. prefix, .. name], "trusted.overlay.redirect\0"u8))
            {
                return false;
            }

            int child = TreeDirectory.TryOpen(directory, name, Libc.O_DIRECTORY, name);
            if (child < 0)
            {
                continue;
            }

            bool plain = IsPlain(child, depth + 1, cancel);
            _ = Libc.close(child);
            if (!plain)
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>The walk over the difference refuses deeper trees with a reason.</summary>
    private const int MaxDepth = 1024;

    private static bool Has(byte[] path, ReadOnlySpan<byte> attribute)
    {
        fixed (byte* native = path, name = attribute)
        {
            return Libc.lgetxattr(native, name, null, 0) >= 0;
        }
    }
}
