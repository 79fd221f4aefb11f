using System.Globalization;
using System.Text;
using Containers.Engine.Building.Syntax;
using Containers.Engine.Images;
using Containers.Engine.Linux;

namespace Containers.Engine.Building.Execution;

/// <summary>
/// A directory that RUN --mount=type=cache keeps between builds: build/mounts/NAME[.n]/fs, the name a hash of the id, so that no id is a path
/// (CVE-2024-9675, CVE-2024-11218). Its lock says who uses it: all together (shared), one after the other (locked), or each its own (private).
/// </summary>
internal sealed unsafe class CacheMount : IDisposable
{
    /// <summary>The file in it that users lock.</summary>
    internal const string LockName = "lock";

    private const int MaxInstances = 256;

    private readonly FileLock _lock;
    private readonly string _folder;

    private CacheMount(string folder, FileLock held)
    {
        _folder = folder;
        _lock = held;
    }

    internal string Directory => _folder + "/fs";

    internal bool IsNew => !System.IO.Directory.Exists(Directory);

    internal static CacheMount Open(string dataRoot, string id, CacheSharing sharing, CancellationToken cancel)
    {
        string root = dataRoot + "/build/mounts";
        StoreFolder.Ensure(root);
        string name = root + "/" + Digest.Of(Encoding.UTF8.GetBytes(id)).Hex[..32];
        for (int instance = 0; instance < MaxInstances; instance++)
        {
            string folder = instance == 0 ? name : string.Create(CultureInfo.InvariantCulture, $"{name}.{instance}");
            if (Lock(folder, sharing, cancel) is { } held)
            {
                Files.Write(folder + "/id", Encoding.UTF8.GetBytes(id), 0x180);
                return new CacheMount(folder, held);
            }
        }

        throw new EngineException(
            EngineErrorKind.LimitsExceeded, "TooManyCaches", $"The private cache '{id}' is used by {MaxInstances} steps at once.", id, "Run fewer builds at once.");
    }

    /// <summary>Makes the directory, whole or not at all; another step that shares it may be first.</summary>
    internal void Fill(Action<string> fill)
    {
        string made = _folder + "/new-" + Guid.NewGuid().ToString("N")[..16];
        StoreFolder.Create(made);
        try
        {
            fill(made);
            Files.Rename(made, Directory);
        }
        catch (LinuxException e) when (e.Errno is Errno.ENOTEMPTY or Errno.EEXIST)
        {
            FileTree.Remove(made);
        }
        catch
        {
            FileTree.Remove(made);
            throw;
        }
    }

    internal void SetOwner(uint mode, uint uid, uint gid)
    {
        using Microsoft.Win32.SafeHandles.SafeFileHandle handle = SmallFile.OpenDirectory(Directory);
        int fd = (int)handle.DangerousGetHandle();
        byte empty = 0;
        if (Libc.fchownat(fd, &empty, uid, gid, Libc.AT_EMPTY_PATH) != 0 || Libc.fchmod(fd, mode) != 0)
        {
            throw new LinuxException("fchownat", Directory, Errno.Last);
        }
    }

    public void Dispose()
    {
        try
        {
            // When it was last used, for those who clear what is old.
            System.IO.Directory.SetLastWriteTimeUtc(_folder, DateTime.UtcNow);
        }
        finally
        {
            _lock.Dispose();
        }
    }

    /// <returns>Null where a private one is in use.</returns>
    private static FileLock? Lock(string folder, CacheSharing sharing, CancellationToken cancel)
    {
        while (true)
        {
            StoreFolder.Ensure(folder);
            string path = folder + "/" + LockName;
            try
            {
                return sharing switch
                {
                    CacheSharing.Shared => FileLock.TakeShared(path, cancel),
                    CacheSharing.Private => FileLock.TryTake(path, TimeSpan.Zero, cancel),
                    _ => FileLock.TryTake(path, TimeSpan.FromDays(365), cancel),
                };
            }
            catch (LinuxException e) when (e.Errno == Errno.ENOENT)
            {
                // Cleared between the two calls: made anew.
            }
        }
    }
}
