using System.Collections.Concurrent;
using Containers.Engine;
using Containers.Engine.Lifecycle;

namespace Containers.Cmdlets;

/// <summary>
/// The engine of the roots that the environment names now. An engine holds no state but caches, so one per pair of roots is kept.
/// </summary>
internal static class EngineAccess
{
    private static readonly string s_moduleDirectory = Path.GetDirectoryName(typeof(EngineAccess).Assembly.Location)!;

    private static readonly ConcurrentDictionary<EngineOptions, ContainerEngine> s_engines = new();

    internal static ContainerEngine Current =>
        s_engines.GetOrAdd(EngineOptions.FromEnvironment(s_moduleDirectory), options => new ContainerEngine(options));
}
