namespace Containers.Engine.Building.Execution;

/// <summary>The scratch directory of one build, made when it is first needed.</summary>
internal sealed class BuildPlace(BuildServices services) : IDisposable
{
    private readonly Lazy<BuildScratch> _scratch =
        new(() => BuildScratch.Create(services.DataRoot, directory => services.Storage(null).Release(directory)));

    internal BuildScratch Scratch => _scratch.Value;

    public void Dispose()
    {
        if (_scratch.IsValueCreated)
        {
            _scratch.Value.Dispose();
        }
    }
}
