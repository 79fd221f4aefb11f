using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Containers.Engine.Registry.Http;

namespace Containers.Engine.Registry;

/// <summary>
/// Lists that come page by page, each naming the next in a Link header (RFC 8288). A list without an end is one that lies.
/// </summary>
internal static class Pager
{
    private const int MaximumPages = 10_000;
    private const int MaximumPage = 16 << 20;
    private const int MaximumItem = 512;

    /// <param name="Next">As the header has it; null for the last page.</param>
    internal sealed record Page(IReadOnlyList<string> Items, Uri? Next);

    internal static IEnumerable<IReadOnlyList<string>> Pages(
        RegistryClient client, string path, IReadOnlyList<string> scopes, Func<RegistryRequest, Page> fetch, CancellationToken cancel)
    {
        HashSet<string> seen = [];
        Uri? next = null;
        for (int number = 0; number < MaximumPages; number++)
        {
            cancel.ThrowIfCancellationRequested();
            Page page = fetch(new RegistryRequest { Path = path, Address = next, Scopes = scopes });
            yield return page.Items;
            next = page.Next;
            if (next is null)
            {
                yield break;
            }

            if (!client.Endpoint.IsOwn(next))
            {
                throw RegistryErrors.Protocol(client.Endpoint.Domain, $"the next page of a list is at another host, \"{next.Authority}\"");
            }

            if (!seen.Add(next.PathAndQuery))
            {
                throw RegistryErrors.Protocol(client.Endpoint.Domain, "a list whose pages lead back to each other");
            }
        }

        throw RegistryErrors.Protocol(client.Endpoint.Domain, $"a list of more than {MaximumPages} pages");
    }

    internal static Page Read<T>(RegistryAnswer answer, string registry, JsonTypeInfo<T> type, Func<T, List<string?>?> items)
        where T : class
    {
        try
        {
            T? list = JsonSerializer.Deserialize(answer.ReadAtMost(MaximumPage), type);
            List<string?> all = list is null ? [] : items(list) ?? [];
            return all.All(i => i is { Length: > 0 and <= MaximumItem } && i.All(c => c is > ' ' and <= '~'))
                ? new Page(all!, Next(answer))
                : throw RegistryErrors.Protocol(registry, "a list with names that are none");
        }
        catch (JsonException)
        {
            throw RegistryErrors.Protocol(registry, "something else than a list");
        }
    }

    /// <summary>&lt;/v2/x/tags/list?last=b&amp;n=2&gt;; rel="next".</summary>
    private static Uri? Next(RegistryAnswer answer)
    {
        foreach (string link in answer.Headers("Link"))
        {
            int start = link.IndexOf('<', StringComparison.Ordinal);
            int end = link.IndexOf('>', StringComparison.Ordinal);
            bool isNext = end > start && start >= 0 && link[(end + 1)..].Replace("\"", "", StringComparison.Ordinal)
                .Contains("rel=next", StringComparison.OrdinalIgnoreCase);
            if (isNext && Uri.TryCreate(answer.Uri, link[(start + 1)..end], out Uri? next))
            {
                return next;
            }
        }

        return null;
    }
}
