using System.IO.Compression;
using Containers.Engine.Linux;

namespace Containers.Engine.Images;

/// <summary>
/// A file that appears under its name when all of it is written (0644 less the umask). It is not forced to the disk: it is no record of the
/// engine, and a copy of what the store still has. What is no regular file (a pipe, /dev/stdout) is written in place.
/// </summary>
internal sealed class TargetFile : IDisposable
{
    private const int BufferSize = 256 * 1024;
    private const int ZstandardLevel = 3;

    internal static readonly FileStreamOptions Options = new()
    {
        Mode = FileMode.CreateNew,
        Access = FileAccess.Write,
        Share = FileShare.Read,
        BufferSize = BufferSize,
        UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead,
    };

    private readonly string _path;
    private readonly string? _temporary;
    private readonly FileStream _file;
    private bool _kept;

    /// <exception cref="EngineException">ArchiveWriteFailed, UnknownCompression.</exception>
    internal TargetFile(string path)
    {
        _path = path;
        if (Compression(path) is null)
        {
            throw new EngineException(
                EngineErrorKind.InvalidArgument, "UnknownCompression", $"Nothing here writes what the name '{path}' promises.", path,
                "Use .tar, .tar.gz, .tgz or .tar.zst.");
        }

        try
        {
            bool inPlace = Path.Exists(path) && !IsRegular(path);
            _temporary = inPlace ? null : Path.Join(Path.GetDirectoryName(path), $".{Guid.NewGuid():N}");
            _file = _temporary is null
                ? new FileStream(path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite, BufferSize)
                : new FileStream(_temporary, Options);
        }
        catch (DirectoryNotFoundException e)
        {
            // The runtime would name the file that nobody knows of.
            throw ArchiveErrors.NoDirectory(path, e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw ArchiveErrors.WriteFailed(path, e);
        }
    }

    /// <summary>Hands out the stream to write to, compressed as the name says, and moves the file into place.</summary>
    internal void Write(Action<Stream> produce, SaveProgress? progress, CancellationToken cancel)
    {
        TargetStream target = new(_file, _path, progress, cancel);
        switch (Compression(_path))
        {
            case LayerCompression.Gzip:
                using (GZipStream gzip = new(target, CompressionLevel.Optimal, leaveOpen: true))
                {
                    produce(gzip);
                }

                break;
            case LayerCompression.Zstd:
                using (SharpCompress.Compressors.ZStandard.CompressionStream zstd = new(target, ZstandardLevel, leaveOpen: true))
                {
                    produce(zstd);
                }

                break;
            default:
                produce(target);
                break;
        }

        target.Flush();
        try
        {
            _file.Dispose();
            if (_temporary is not null)
            {
                File.Move(_temporary, _path, overwrite: true);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw ArchiveErrors.WriteFailed(_path, e);
        }

        _kept = true;
    }

    public void Dispose()
    {
        if (_kept)
        {
            return;
        }

        try
        {
            _file.Dispose();
        }
        catch (IOException)
        {
            // What could not be flushed is removed anyway, and the first failure is the one to tell.
        }

        if (_temporary is not null)
        {
            SmallFile.Remove(_temporary);
        }
    }

    private static unsafe bool IsRegular(string path)
    {
        Libc.statx_t status;
        fixed (byte* native = NativePath.From(path))
        {
            return Libc.statx(Libc.AT_FDCWD, native, 0, Libc.STATX_BASIC_STATS, &status) == 0
                && (status.stx_mode & Libc.S_IFMT) == Libc.S_IFREG;
        }
    }

    private static LayerCompression? Compression(string path) => Path.GetExtension(path).ToLowerInvariant() switch
    {
        ".gz" or ".tgz" => LayerCompression.Gzip,
        ".zst" or ".tzst" => LayerCompression.Zstd,
        ".xz" or ".txz" or ".bz2" or ".tbz2" or ".lz4" or ".zip" => null,
        _ => LayerCompression.None,
    };
}
