using System.Diagnostics;
using Containers.Engine.Linux;
using Microsoft.Win32.SafeHandles;

namespace Containers.Engine.Images;

/// <summary>
/// Makes a plain tar that can be read at any place out of a stream that cannot: into a file below the data root that has no name any more,
/// so that a crash leaves nothing. One thread reads and inflates, the caller's writes.
/// </summary>
internal sealed class ArchiveSpool(string dataRoot, string subject, LoadOptions options)
{
    private const int CheckEvery = 16 << 20;
    private static readonly TimeSpan s_reportEvery = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(2);

    private long _read;

    /// <param name="length">Bytes of the source, for the progress; 0 where unknown.</param>
    /// <exception cref="EngineException">
    /// ArchiveReadFailed, DamagedArchive, TruncatedArchive, ArchiveLimitExceeded, DiskFull.
    /// </exception>
    internal SafeFileHandle Fill(Stream source, long length, CancellationToken cancel)
    {
        SafeFileHandle target = CreateFile();
        using BlockPipe pipe = new(options.Limits.MaxBytes);
        Task producer = Task.Factory.StartNew(
            () => Produce(source, pipe), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        try
        {
            Drain(pipe, target, length, cancel);
            return target;
        }
        catch (Exception e) when (e is IOException or LinuxException)
        {
            target.Dispose();
            throw Meaning(e);
        }
        catch
        {
            target.Dispose();
            throw;
        }
        finally
        {
            pipe.Abandon();

            // A read that hangs in its source must not keep Ctrl+C waiting; its thread ends with the read.
            producer.Wait(cancel.IsCancellationRequested ? s_patience : Timeout.InfiniteTimeSpan, CancellationToken.None);
        }
    }

    private EngineException Meaning(Exception e) => e switch
    {
        LinuxException linux => ImageErrors.FromStore(linux, dataRoot),
        _ when e.HResult is Errno.ENOSPC or Errno.EDQUOT => ImageErrors.DiskFull(dataRoot, e),
        _ => ArchiveErrors.WriteFailed(dataRoot, e),
    };

    private SafeFileHandle CreateFile()
    {
        try
        {
            string folder = Path.Join(dataRoot, "tmp");
            StoreFolder.Ensure(folder);
            string path = Path.Join(folder, Guid.NewGuid().ToString("N"));
            SafeFileHandle file = File.OpenHandle(path, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None);
            SmallFile.Remove(path);
            return file;
        }
        catch (Exception e) when (e is IOException or LinuxException)
        {
            throw Meaning(e);
        }
        catch (UnauthorizedAccessException)
        {
            throw ImageErrors.FromStore(new LinuxException("open", dataRoot, Errno.EACCES), dataRoot);
        }
    }

    private void Drain(BlockPipe pipe, SafeFileHandle target, long length, CancellationToken cancel)
    {
        byte[] buffer = GC.AllocateUninitializedArray<byte>(BlockPipe.BlockSize);
        long written = 0;
        long checkedAt = -CheckEvery;
        long reported = Stopwatch.GetTimestamp();
        while (true)
        {
            int got = pipe.Read(buffer, null, cancel);
            if (got == 0)
            {
                return;
            }

            if (written - checkedAt >= CheckEvery)
            {
                CheckSpace(target);
                checkedAt = written;
            }

            RandomAccess.Write(target, buffer.AsSpan(0, got), written);
            written += got;
            if (options.Progress is not null && Stopwatch.GetElapsedTime(reported) > s_reportEvery)
            {
                reported = Stopwatch.GetTimestamp();
                options.Progress.Report(new TransferProgress { Subject = subject, Done = Volatile.Read(ref _read), Total = length });
            }
        }
    }

    private unsafe void CheckSpace(SafeFileHandle target)
    {
        Libc.statfs_t status;
        if (Libc.fstatfs((int)target.DangerousGetHandle(), &status) != 0)
        {
            throw new LinuxException("fstatfs", dataRoot, Errno.Last);
        }

        ulong block = (ulong)status.f_bsize;
        ulong floor = options.Limits.MinimumFreeBytes is long wanted
            ? (ulong)Math.Max(wanted, 0)
            : Math.Min(64UL << 20, status.f_blocks * block / 100);
        if (status.f_blocks != 0 && status.f_bavail * block < floor)
        {
            throw new LinuxException("write", dataRoot, Errno.ENOSPC);
        }
    }

    /// <summary>Never throws: what goes wrong reaches the consumer through the pipe.</summary>
    private void Produce(Stream source, BlockPipe pipe)
    {
        Exception? failure = null;
        try
        {
            Pump(source, pipe);
        }
        catch (Exception e)
        {
            failure = e;
        }

        try
        {
            pipe.Complete(failure);
        }
        catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException)
        {
            // The consumer is gone already and has its own reason.
        }
    }

    private void Pump(Stream source, BlockPipe pipe)
    {
        CountingStream? counting = null;
        try
        {
            counting = Decompression.Open(source, out Stream content);
            bool compressed = !ReferenceEquals(content, counting);
            int got;
            while ((got = content.Read(pipe.GetSpan())) > 0)
            {
                pipe.Advance(got);
                Volatile.Write(ref _read, counting.Count);
                if (compressed && pipe.Length > options.Limits.RatioAfterBytes && pipe.Length / options.Limits.MaxRatio > counting.Count)
                {
                    throw ImageErrors.Limit(
                        $"it unpacks to more than {options.Limits.MaxRatio} times its size",
                        "Raise the limit of the ratio if you trust the archive.");
                }
            }
        }
        catch (Exception e) when (e is not (EngineException or OperationCanceledException or OutOfMemoryException))
        {
            // Decompressors throw whatever they stumble over: index errors and null references count as damage too.
            throw counting is null || counting.Failure is not null ? ArchiveErrors.ReadFailed(subject, e)
                : e is EndOfStreamException ? ImageErrors.Truncated(e)
                : ImageErrors.DamagedArchive("its compressed data is damaged", e);
        }
    }
}
