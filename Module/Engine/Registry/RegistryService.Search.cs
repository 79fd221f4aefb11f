using System.Text.Json;
using Containers.Engine.Images;
using Containers.Engine.Registry.Configuration;
using Containers.Engine.Registry.Http;

namespace Containers.Engine.Registry;

/// <summary>What registries have: Docker Hub has a search of its own, all others at most a list of everything.</summary>
internal sealed partial class RegistryService
{
    private const int HubPage = 100;
    private const int MaximumHubPages = 100;
    private const int MaximumAnswer = 4 << 20;

    private static readonly string[] s_catalog = ["registry:catalog:*"];

    /// <summary>Docker Hub by its search, others by their catalog.</summary>
    /// <param name="term">May begin with the registry: "quay.io/nginx".</param>
    /// <param name="first">At most so many.</param>
    internal IEnumerable<ContainerImageSearchResult> Search(
        string term, string? registry, int first, RegistryCredential? credential, CancellationToken cancel)
    {
        if (registry is null && ImageReference.TryParse(term, out ImageReference? named)
            && term.StartsWith(named.Domain + "/", StringComparison.Ordinal))
        {
            (registry, term) = (named.Domain, term[(named.Domain.Length + 1)..]);
        }

        (string host, string name) = RegistryName.Parse(registry ?? RegistryName.DockerHub);
        RegistryEntry? entry = Entry(name);
        return host == RegistryName.DockerHub ? SearchHub(term, first, cancel)
            : SearchCatalog(Client(host, entry?.Insecure ?? false, credential ?? _credentials.Find(name, null, cancel)), host, term, first,
                cancel);
    }

    private IEnumerable<ContainerImageSearchResult> SearchHub(string term, int first, CancellationToken cancel)
    {
        // The search wants no credential, and lives at another host than the images.
        RegistryClient client = Client(_options.HubSearch.Authority, false, null);
        int given = 0;
        for (int number = 1; number <= MaximumHubPages && given < first; number++)
        {
            HubSearch page = HubPageOf(client, term, Math.Min(first, HubPage), number, cancel);
            foreach (HubRepository found in page.Results ?? [])
            {
                if (given < first && found?.Name is { Length: > 0 } name)
                {
                    given++;
                    yield return new ContainerImageSearchResult
                    {
                        Name = name,
                        Registry = RegistryName.DockerHub,
                        Description = Line(found.Description),
                        Stars = (int)Math.Clamp(found.Stars, 0, int.MaxValue),
                        Official = found.Official,
                    };
                }
            }

            if (number >= page.Pages || page.Results is not { Count: > 0 })
            {
                yield break;
            }
        }
    }

    private HubSearch HubPageOf(RegistryClient client, string term, int count, int number, CancellationToken cancel)
    {
        string query = $"?q={Uri.EscapeDataString(term)}&n={count}&page={number}";
        RegistryRequest request = new() { Path = _options.HubSearch.AbsolutePath.TrimStart('/') + query };
        try
        {
            return Small(client, request, a => JsonSerializer.Deserialize(a.ReadAtMost(MaximumAnswer),
                RegistryJson.Default.HubSearch) ?? new HubSearch(), cancel);
        }
        catch (JsonException)
        {
            throw RegistryErrors.Protocol(RegistryName.DockerHub, "its search gives something else than a list");
        }
    }

    private IEnumerable<ContainerImageSearchResult> SearchCatalog(
        RegistryClient client, string host, string term, int first, CancellationToken cancel)
    {
        int given = 0;
        IEnumerable<IReadOnlyList<string>> pages = Pager.Pages(
            client, "v2/_catalog?n=1000", s_catalog,
            r => Small(client, r, a => Pager.Read(a, host, RegistryJson.Default.Catalog, c => c.Repositories), cancel), cancel);
        foreach (string repository in pages.SelectMany(p => p).Where(r => r.Contains(term, StringComparison.OrdinalIgnoreCase)))
        {
            if (given++ >= first)
            {
                yield break;
            }

            yield return new ContainerImageSearchResult { Name = host + "/" + repository, Registry = host };
        }
    }

    private T Small<T>(RegistryClient client, RegistryRequest request, Func<RegistryAnswer, T> read, CancellationToken cancel)
    {
        RetryBudget budget = new(_options, null);
        while (true)
        {
            RegistryAnswer answer = client.Send(request, budget, cancel);
            if (!answer.IsSuccess)
            {
                throw RegistryErrors.From(answer, client.Endpoint.Domain, RegistrySubject.Service, request.Path.Split('?')[0],
                    client.IsSignedIn);
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
                        throw RegistryErrors.Unreachable(client.Endpoint.Domain, e.Message, e);
                    }
                }
            }
        }
    }

    private static string Line(string? text) => text is null ? "" : ErrorBody.Clean(text);
}
