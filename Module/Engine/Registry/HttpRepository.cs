using System.Collections.Concurrent;
using Containers.Engine.Images;
using Containers.Engine.Registry.Http;

namespace Containers.Engine.Registry;

/// <summary>A repository behind HTTP, at the registry that was asked for or at one of its mirrors.</summary>
internal sealed partial class HttpRepository : RegistryRepository
{
    private readonly RegistryClient _client;
    private readonly string _path;
    private readonly int? _retries;
    private readonly string[] _pull;
    private readonly string[] _push;
    private volatile bool _reached;

    /// <summary>Uploads that the registry has begun where a mount was refused.</summary>
    private readonly ConcurrentDictionary<Digest, Uri> _sessions = new();

    /// <param name="name">As asked for: "docker.io/library/alpine".</param>
    /// <param name="path">The repository at this registry; a mirror may have it elsewhere.</param>
    /// <param name="retries">Null for the engine's own number.</param>
    internal HttpRepository(RegistryClient client, string name, string path, int? retries)
    {
        (_client, Name, _path, _retries) = (client, name, path, retries);
        _pull = [$"repository:{path}:pull"];
        _push = [$"repository:{path}:pull,push"];
    }

    internal override string Name { get; }

    /// <summary>Named in messages: a mirror by its own name.</summary>
    private string Registry => _client.Endpoint.Domain;

    private RetryBudget NewBudget() => new(_client.Options, _retries, () => _reached);

    private RegistryAnswer Send(RegistryRequest request, RetryBudget? budget, CancellationToken cancel)
    {
        RegistryAnswer answer = _client.Send(request, budget, cancel);
        _reached = true;
        return answer;
    }

    private EngineException Failure(RegistryAnswer answer, RegistrySubject subject, string name) =>
        RegistryErrors.From(answer, Registry, subject, name, _client.IsSignedIn);

    /// <summary>A small answer, whole: one that is cut is asked for again.</summary>
    private T Fetch<T>(RegistryRequest request, RegistrySubject subject, string name, Func<RegistryAnswer, T> read,
        CancellationToken cancel)
    {
        RetryBudget budget = NewBudget();
        while (true)
        {
            RegistryAnswer answer = Send(request, budget, cancel);
            if (!answer.IsSuccess)
            {
                throw Failure(answer, subject, name);
            }

            using (answer)
            {
                try
                {
                    return read(answer);
                }
                catch (TransientFailureException e)
                {
                    if (!budget.Wait(null, cancel))
                    {
                        throw RegistryErrors.Unreachable(Registry, e.Message, e);
                    }
                }
            }
        }
    }
}
