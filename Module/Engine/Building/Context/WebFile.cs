using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using Containers.Engine.Building.Cache;
using Containers.Engine.Images;
using Containers.Engine.Linux;

namespace Containers.Engine.Building.Context;

/// <summary>A file that was downloaded.</summary>
/// <param name="Path">Where it is, in the folder that was given.</param>
/// <param name="Name">What it is called: the last part of its address.</param>
/// <param name="Digest">Of its content; with --checksum it was compared.</param>
/// <param name="Modified">What the server says; null where it says nothing. ADD gives the file this time, and mode 0600.</param>
internal sealed record WebFile(string Path, string Name, Digest Digest, long Size, DateTimeOffset? Modified)
{
    /// <summary>How to ask whether it has changed; null where its server gives no way to, or does not want it kept.</summary>
    internal DownloadRecord? Record { get; private init; }

    /// <summary>Bytes of the largest file.</summary>
    internal const long MaxBytes = 64L << 30;

    private const string UnnamedFile = "__unnamed__";

    private const int BufferSize = 128 * 1024;

    /// <summary>Milliseconds.</summary>
    private const int ReportInterval = 200;

    private static readonly TimeSpan s_silence = TimeSpan.FromSeconds(60);

    private static readonly Lazy<HttpClient> s_client = new(() => new HttpClient(new SocketsHttpHandler
    {
        // https never leads to http: the runtime refuses that itself.
        AllowAutoRedirect = true,
        MaxAutomaticRedirections = 10,
        AutomaticDecompression = DecompressionMethods.None,
        UseCookies = false,
        ConnectTimeout = TimeSpan.FromSeconds(30),
        MaxResponseHeadersLength = 64,
        MaxResponseDrainSize = 0,
        PooledConnectionLifetime = TimeSpan.FromMinutes(10),
    })
    {
        Timeout = Timeout.InfiniteTimeSpan,
    });

    /// <summary>Downloads it; a server that is silent for a minute is given up.</summary>
    /// <param name="folder">An existing directory of ours.</param>
    /// <exception cref="EngineException">DownloadFailed, ChecksumMismatch, InvalidChecksum, DownloadTooLarge.</exception>
    internal static WebFile Download(string address, string folder, DownloadOptions options, CancellationToken cancel)
    {
        Digest? wanted = null;
        if (options.Checksum is { } checksum)
        {
            wanted = Digest.TryParse(checksum, out Digest parsed) && parsed.Algorithm == "sha256" ? parsed : throw new EngineException(
                EngineErrorKind.InvalidArgument, "InvalidChecksum", $"'{checksum}' is no checksum of a file.", checksum,
                "Write it as sha256: and 64 hexadecimal digits.");
        }

        if (!Uri.TryCreate(address, UriKind.Absolute, out Uri? uri) || uri.Scheme is not ("http" or "https"))
        {
            throw new EngineException(
                EngineErrorKind.InvalidArgument, "InvalidAddress", $"'{address}' is no address of the web.", address, "Write it as https://host/path.");
        }

        string path = System.IO.Path.Join(folder, Guid.NewGuid().ToString("N"));
        try
        {
            DownloadStore? store = options.Store;
            DownloadRecord? known = store?.Find(uri);
            if (known is not null && wanted?.ToString() == known.Digest && TryReuse(uri, known, store!, path) is { } same)
            {
                return same; // Whatever the server has by now.
            }

            WebFile? file = DownloadAsync(uri, path, options, known, cancel).GetAwaiter().GetResult();
            file ??= TryReuse(uri, known!, store!, path) ?? DownloadAsync(uri, path, options, null, cancel).GetAwaiter().GetResult()!;
            if (wanted is { } digest && digest != file.Digest)
            {
                File.Delete(path);
                throw new EngineException(
                    EngineErrorKind.InvalidData, "ChecksumMismatch", $"'{Shown(uri)}' has the checksum {file.Digest}, and {digest} was wanted.", Shown(uri),
                    "Do not use the file unless you know why it has changed.");
            }

            if (file.Record is { } record)
            {
                store?.Keep(uri, record, path);
            }

            return file;
        }
        catch (HttpRequestException e)
        {
            throw Failed(uri, e.StatusCode is { } status
                ? string.Create(CultureInfo.InvariantCulture, $"the server answered {(int)status} {status}")
                : e.InnerException?.Message ?? e.Message, e);
        }
        catch (Exception e) when (e is IOException and not LinuxException or TimeoutException)
        {
            File.Delete(path);
            throw Failed(uri, e.Message, e);
        }
    }

    /// <summary>What a file from an address is called: never a path.</summary>
    internal static string NameOf(Uri address)
    {
        string last = address.AbsolutePath.TrimEnd('/').Split('/')[^1];
        string name = Uri.UnescapeDataString(last);
        return name is "" or "." or ".." || name.AsSpan().IndexOfAny('/', '\0') >= 0 || System.Text.Encoding.UTF8.GetByteCount(name) > NativePath.MaxName
            ? UnnamedFile
            : name;
    }

    private static WebFile? TryReuse(Uri uri, DownloadRecord known, DownloadStore store, string path) =>
        store.TryLink(uri, known, path) && Digest.TryParse(known.Digest, out Digest digest)
            ? new WebFile(path, known.Name, digest, known.Size, known.Modified)
            : null;

    /// <returns>Null when it is what is known.</returns>
    private static async Task<WebFile?> DownloadAsync(Uri uri, string path, DownloadOptions options, DownloadRecord? known, CancellationToken cancel)
    {
        using CancellationTokenSource silence = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        silence.CancelAfter(s_silence);
        try
        {
            using HttpRequestMessage request = new(HttpMethod.Get, uri);
            if (uri.UserInfo.Length > 0)
            {
                // Another host, to which the server may lead, does not get it: the runtime drops it then.
                request.Headers.Authorization = new AuthenticationHeaderValue(
                    "Basic", Convert.ToBase64String(System.Text.Encoding.UTF8.GetBytes(Uri.UnescapeDataString(uri.UserInfo))));
            }

            Ask(request.Headers, known);
            using HttpResponseMessage response = await s_client.Value.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, silence.Token);
            if (known is not null && response.StatusCode == HttpStatusCode.NotModified)
            {
                return null;
            }

            response.EnsureSuccessStatusCode();
            if (response.Content.Headers.ContentLength is { } announced && announced > options.Maximum)
            {
                throw TooLarge(uri, options.Maximum);
            }

            await using Stream body = await response.Content.ReadAsStreamAsync(silence.Token);
            using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            await using FileStream file = new(path, new FileStreamOptions
            {
                Mode = FileMode.CreateNew,
                Access = FileAccess.Write,
                BufferSize = 0,
                UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
            });
            byte[] buffer = new byte[BufferSize];
            long size = 0;
            long reported = 0;
            for (int count = await body.ReadAsync(buffer, silence.Token); count > 0; count = await body.ReadAsync(buffer, silence.Token))
            {
                silence.CancelAfter(s_silence);
                size += count;
                if (size > options.Maximum)
                {
                    throw TooLarge(uri, options.Maximum);
                }

                hash.AppendData(buffer, 0, count);
                await file.WriteAsync(buffer.AsMemory(0, count), silence.Token);
                if (options.Report is { } report && Environment.TickCount64 - reported >= ReportInterval)
                {
                    reported = Environment.TickCount64;
                    report(size, response.Content.Headers.ContentLength);
                }
            }

            string name = NameOf(response.RequestMessage?.RequestUri is { } final && NameOf(uri) == UnnamedFile ? final : uri);
            WebFile got = new(path, name, Digest.FromSha256(hash.GetHashAndReset()), size, response.Content.Headers.LastModified);
            string? tag = response.Headers.ETag?.ToString();
            return response.Headers.CacheControl?.NoStore == true || (tag is null && got.Modified is null) ? got : got with
            {
                Record = new DownloadRecord
                {
                    Address = Shown(uri), EntityTag = tag, Modified = got.Modified, Name = name, Digest = got.Digest.ToString(), Size = size,
                },
            };
        }
        catch (OperationCanceledException e) when (!cancel.IsCancellationRequested)
        {
            throw new TimeoutException("the server has been silent for a minute", e);
        }
    }

    /// <summary>Whether it has changed: by its entity tag, and where there is none by its time (RFC 9110, section 13.1).</summary>
    private static void Ask(HttpRequestHeaders headers, DownloadRecord? known)
    {
        if (known?.EntityTag is { } written && EntityTagHeaderValue.TryParse(written, out EntityTagHeaderValue? tag))
        {
            headers.IfNoneMatch.Add(tag);
        }
        else
        {
            headers.IfModifiedSince = known?.Modified;
        }
    }

    private static EngineException TooLarge(Uri uri, long maximum) => new(
        EngineErrorKind.LimitsExceeded, "DownloadTooLarge", $"'{Shown(uri)}' is larger than {maximum} bytes.", Shown(uri), "Check the address.");

    private static EngineException Failed(Uri uri, string why, Exception e) => new(
        EngineErrorKind.ConnectionError, "DownloadFailed", $"'{Shown(uri)}' could not be downloaded: {why}.", Shown(uri), "Check the address and try again.", e);

    /// <summary>Without user and password.</summary>
    private static string Shown(Uri uri) => uri.GetComponents(UriComponents.AbsoluteUri & ~UriComponents.UserInfo, UriFormat.UriEscaped);
}
