namespace Containers.Cmdlets;

/// <summary>
/// Bytes that come down the pipeline, collected until the last one is there. One array stays where it is; more go to a file that goes with
/// this object, so that the size of an archive is not that of the session's memory.
/// </summary>
internal sealed class ByteSpool : IDisposable
{
    private byte[]? _first;

    private FileStream? _file;

    internal bool HasAny => _first is not null || _file is not null;

    internal void Add(byte[] bytes)
    {
        if (_first is null && _file is null && bytes.Length > 1)
        {
            _first = bytes;
            return;
        }

        _file ??= Create();
        if (_first is not null)
        {
            _file.Write(_first);
            _first = null;
        }

        _file.Write(bytes);
    }

    /// <summary>Everything from its beginning.</summary>
    internal Stream Open()
    {
        if (_file is null)
        {
            return new MemoryStream(_first ?? [], writable: false);
        }

        _file.Position = 0;
        return _file;
    }

    public void Dispose() => _file?.Dispose();

    /// <summary>/var/tmp is on a disk where /tmp is often memory; TMPDIR is the user's own choice.</summary>
    private static FileStream Create()
    {
        string folder = Environment.GetEnvironmentVariable("TMPDIR") is { Length: > 0 } chosen ? chosen
            : Directory.Exists("/var/tmp") ? "/var/tmp" : Path.GetTempPath();
        return new FileStream(Path.Combine(folder, "containers-" + Guid.NewGuid().ToString("N")), new FileStreamOptions
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.ReadWrite,
            BufferSize = 128 * 1024,
            Options = FileOptions.DeleteOnClose,
            UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
        });
    }
}
