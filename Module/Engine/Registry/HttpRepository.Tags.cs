using Containers.Engine.Registry.Http;

namespace Containers.Engine.Registry;

/// <summary>Tags (OCI distribution specification, "Listing Tags").</summary>
internal sealed partial class HttpRepository
{
    internal override IEnumerable<string> Tags(CancellationToken cancel)
    {
        string path = $"v2/{_path}/tags/list?n=1000";
        foreach (IReadOnlyList<string> page in Pager.Pages(_client, path, _pull, p => PageOf(p, cancel), cancel))
        {
            foreach (string tag in page)
            {
                yield return tag;
            }
        }
    }

    private Pager.Page PageOf(RegistryRequest request, CancellationToken cancel) => Fetch(
        request, RegistrySubject.Repository, Name, answer => Pager.Read(answer, Registry, RegistryJson.Default.TagList, l => l.Tags),
            cancel);
}
