using Containers.Engine.Images;
using Containers.Engine.Registry.Http;

namespace Containers.Engine.Registry;

/// <summary>Blobs, to be sent (OCI distribution specification, "Pushing blobs").</summary>
internal sealed partial class HttpRepository
{
    private const string Binary = "application/octet-stream";

    internal override bool TryMount(Digest digest, string fromRepository, CancellationToken cancel)
    {
        RegistryRequest request = new()
        {
            Method = HttpMethod.Post,
            Path = $"v2/{_path}/blobs/uploads/?mount={Uri.EscapeDataString(digest.ToString())}&from={Uri.EscapeDataString(fromRepository)}",
            Scopes = [.. _push, $"repository:{fromRepository}:pull"],
            Content = Nothing,
        };
        RegistryAnswer answer;
        try
        {
            answer = Send(request, NewBudget(), cancel);
        }
        catch (EngineException e) when (e.ErrorId is "RegistryUnauthorized" or "RegistryDenied")
        {
            // Not of the target: the upload itself will tell about that.
            return false;
        }

        using (answer)
        {
            if ((int)answer.Status == 202 && answer.Header("Location") is not null)
            {
                _sessions[digest] = RegistryClient.Target(answer, Registry);
            }

            return (int)answer.Status == 201;
        }
    }

    internal override void Upload(Digest digest, long size, Func<long, Stream> open, IProgress<long>? progress, CancellationToken cancel)
    {
        BlobUpload upload = new(this, digest, size, open, progress, NewBudget(), cancel);
        upload.Run(_sessions.TryRemove(digest, out Uri? begun) ? begun : null);
    }

    private static SliceContent Nothing(RequestWatch watch) => new(Stream.Null, 0, Binary, watch, null);

    /// <summary>
    /// One blob on its way. The registry's word counts for how much of it has arrived; a session that it lost begins again.
    /// </summary>
    private sealed class BlobUpload(
        HttpRepository repository, Digest digest, long size, Func<long, Stream> open, IProgress<long>? progress, RetryBudget budget,
        CancellationToken cancel)
    {
        private readonly RegistryOptions _options = repository._client.Options;
        private Uri? _session;
        private long _minimum;
        private long _sent;
        private long _furthest;

        internal void Run(Uri? begun)
        {
            _session = begun;
            while (true)
            {
                try
                {
                    if (_session is null)
                    {
                        Begin();
                    }

                    if (size <= _options.MonolithicSize || SendChunks())
                    {
                        if (Commit())
                        {
                            progress?.Report(size);
                            return;
                        }
                    }
                }
                catch (TransientFailureException e)
                {
                    Again(e);
                }
            }
        }

        private void Begin()
        {
            RegistryRequest request = new()
            {
                Method = HttpMethod.Post,
                Path = $"v2/{repository._path}/blobs/uploads/",
                Scopes = repository._push,
                Content = Nothing,
            };
            RegistryAnswer answer = repository.Send(request, budget, cancel);
            if ((int)answer.Status != 202)
            {
                throw answer.IsSuccess ? Unexpected(answer) : Failure(answer);
            }

            using (answer)
            {
                _sent = 0;
                _session = RegistryClient.Target(answer, repository.Registry);
                _minimum = long.TryParse(answer.Header("OCI-Chunk-Min-Length"), out long least) ? Math.Clamp(least, 0, 1L << 30) : 0;
            }
        }

        /// <summary>False where the session was lost.</summary>
        private bool SendChunks()
        {
            while (_sent < size)
            {
                long length = Math.Min(Math.Max(_options.ChunkSize, _minimum), size - _sent);
                long from = _sent;
                RegistryRequest request = Request(HttpMethod.Patch, _session!) with
                {
                    Headers = [("Content-Range", $"{from}-{from + length - 1}")],
                    Content = watch => new SliceContent(open(from), length, Binary, watch, done => progress?.Report(from + done)),
                };
                RegistryAnswer answer = repository.Send(request, null, cancel);
                switch ((int)answer.Status)
                {
                    case 201 or 202 or 204:
                        using (answer)
                        {
                            _session = RegistryClient.Target(answer, repository.Registry);
                            _sent = Arrived(answer) is { } arrived && arrived < from + length ? Math.Max(arrived, 0) : from + length;
                        }

                        if (_sent <= from && !budget.Wait(null, cancel))
                        {
                            throw RegistryErrors.Protocol(repository.Registry, $"it takes nothing more of {digest} after {_sent} bytes");
                        }

                        Advance();
                        break;
                    case 404:
                        Lost(answer);
                        return false;
                    case 416:
                        Wait(answer);
                        if (!Ask())
                        {
                            return false;
                        }

                        break;
                    default:
                        if (!RegistryClient.IsTransient(answer.Status))
                        {
                            throw Failure(answer);
                        }

                        Wait(answer);
                        if (!Ask())
                        {
                            return false;
                        }

                        break;
                }
            }

            return true;
        }

        /// <summary>The last request; the whole of a small blob goes with it. False where the session was lost.</summary>
        private bool Commit()
        {
            string address = _session!.GetLeftPart(UriPartial.Query);
            Uri target = new(address + (_session.Query.Length > 0 ? "&" : "?") + "digest=" + Uri.EscapeDataString(digest.ToString()));
            bool whole = size <= _options.MonolithicSize;
            RegistryRequest request = Request(HttpMethod.Put, target) with
            {
                Silence = _options.Commit,
                Content = whole
                    ? watch => new SliceContent(open(0), size, Binary, watch, done => progress?.Report(done))
                    : Nothing,
            };
            RegistryAnswer answer = repository.Send(request, null, cancel);
            if (answer.IsSuccess)
            {
                answer.Dispose();
                return true;
            }

            if ((int)answer.Status is not (404 or 416) && !RegistryClient.IsTransient(answer.Status))
            {
                throw Failure(answer);
            }

            // It may have been made by the request whose answer was lost.
            Wait(answer);
            _session = null;
            return repository.HasBlob(digest, cancel);
        }

        /// <summary>After a cut: asks how much has arrived, or begins again.</summary>
        private void Again(TransientFailureException e)
        {
            if (!budget.Wait(null, cancel))
            {
                throw RegistryErrors.Unreachable(repository.Registry, e.Message, e);
            }

            if (size <= _options.MonolithicSize || _sent == size)
            {
                _session = null;
                return;
            }

            Ask();
        }

        /// <summary>"Pushing a blob in chunks": GET of the session tells its Range. False where the registry has lost it.</summary>
        private bool Ask()
        {
            RegistryAnswer answer = repository.Send(Request(HttpMethod.Get, _session!), budget, cancel);
            if (!answer.IsSuccess)
            {
                if ((int)answer.Status is 401 or 403)
                {
                    throw Failure(answer);
                }

                answer.Dispose();
                _session = null;
                return false;
            }

            using (answer)
            {
                _session = answer.Header("Location") is null ? _session : RegistryClient.Target(answer, repository.Registry);
                _sent = Math.Clamp(Arrived(answer) ?? 0, 0, size);
                Advance();
                return true;
            }
        }

        private void Advance()
        {
            if (_sent > _furthest)
            {
                _furthest = _sent;
                budget.Progress();
            }
        }

        private void Lost(RegistryAnswer answer)
        {
            Wait(answer);
            _session = null;
        }

        private void Wait(RegistryAnswer answer)
        {
            if (!budget.Wait(answer.RetryAfter, cancel))
            {
                throw Failure(answer);
            }

            answer.Dispose();
        }

        /// <summary>"0-1023": 1024 bytes; docker's registry writes "0-0" for nothing, which is one byte sent again.</summary>
        private static long? Arrived(RegistryAnswer answer)
        {
            string[] parts = (answer.Header("Range") ?? "").Replace("bytes=", "", StringComparison.Ordinal).Split('-');
            return parts.Length == 2 && parts[0] == "0" && long.TryParse(parts[1], out long last) && last >= 0
                ? (last == 0 ? 0 : last + 1) : null;
        }

        private RegistryRequest Request(HttpMethod method, Uri address) => new()
        {
            Method = method,
            Address = address,
            Scopes = repository._push,
            FollowsRedirects = method == HttpMethod.Get,
        };

        private EngineException Failure(RegistryAnswer answer) =>
            repository.Failure(answer, RegistrySubject.Upload, $"{repository.Name}@{digest}");

        private EngineException Unexpected(RegistryAnswer answer)
        {
            int status = (int)answer.Status;
            answer.Dispose();
            return RegistryErrors.Protocol(repository.Registry, $"status {status} where an upload should begin");
        }
    }
}
