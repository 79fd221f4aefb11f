using System.Reflection;
using System.Runtime.Loader;

namespace Containers.Cmdlets;

/// <summary>
/// Lets the engine and its packages live in a load context of their own, so that another module may bring another version of
/// the same package. Containers.psm1 asks for <see cref="EngineContext"/> before PowerShell looks at any cmdlet: a cmdlet with
/// an engine enumeration as a parameter cannot even be loaded before the engine is, which is earlier than PowerShell calls an
/// IModuleAssemblyInitializer and earlier than a module initializer runs (docs/adr/0003-private-load-context.md).
/// </summary>
public static class ModuleLoader
{
    private const string EngineName = "Containers.Engine";

    /// <summary>The context that holds the engine; the first use makes it and answers for the engine from then on.</summary>
    public static AssemblyLoadContext EngineContext { get; } = Install();

    private static PrivateContext Install()
    {
        var folder = Path.Combine(Path.GetDirectoryName(typeof(ModuleLoader).Assembly.Location)!, "lib");
        var context = new PrivateContext(folder);

        // Only the engine is answered for here: what the engine itself needs is asked of its own context, below.
        AssemblyLoadContext.Default.Resolving += (_, name) => name.Name == EngineName ? context.LoadFromAssemblyName(name) : null;
        return context;
    }

    private sealed class PrivateContext(string folder) : AssemblyLoadContext(EngineName)
    {
        // Null sends the question on to the default context, which has the framework.
        protected override Assembly? Load(AssemblyName assemblyName)
        {
            var path = Path.Combine(folder, assemblyName.Name + ".dll");
            return File.Exists(path) ? LoadFromAssemblyPath(path) : null;
        }
    }
}
