using Containers.Cmdlets.Tests.Hosting;

namespace Containers.Cmdlets.Tests.Network;

/// <summary>A session with the module for a test class that makes nothing on the host.</summary>
public sealed class ModuleShell : IDisposable
{
    // The engine lives in a load context of its own, where PowerShell's type names do not reach.
    private const string Prelude = """
        function Get-EngineType($Name) {
            foreach ($assembly in [Containers.Cmdlets.ModuleLoader]::EngineContext.Assemblies) {
                foreach ($space in 'Networking', 'Images', 'Storage', 'Registry', 'Distribution') {
                    $type = $assembly.GetType("Containers.Engine.$space.$Name"); if ($type) { return $type } } } }
        function New-EngineObject($Name, $Values) {
            $type = Get-EngineType $Name
            if ($Values -isnot [hashtable]) { return [Activator]::CreateInstance($type, [object[]]$Values) }
            $object = [Activator]::CreateInstance($type)
            foreach ($key in $Values.Keys) {
                $property = $type.GetProperty($key)
                $value = $Values[$key]
                if ($value -is [array]) {
                    $list = [Array]::CreateInstance($property.PropertyType.GenericTypeArguments[0], $value.Count)
                    for ($i = 0; $i -lt $value.Count; $i++) { $list[$i] = $value[$i] }
                    $property.SetValue($object, $list)
                } else { $property.SetValue($object, [System.Management.Automation.LanguagePrimitives]::ConvertTo($value, $property.PropertyType)) }
            }
            $object }
        """;

    private HostedShell? _shell;

    public void Dispose() => _shell?.Dispose();

    internal ScriptResult Run(string script, params object?[] arguments) => Shell().Run(script, arguments);

    internal ScriptResult Show(string script, params object?[] arguments) => Shell().Show(script, arguments);

    private HostedShell Shell()
    {
        Skip.If(BuiltOutput.Module is null, "The module is not staged: run ./build.sh build.");
        if (_shell is null)
        {
            _shell = new HostedShell();
            _shell.Run(Prelude);
        }

        return _shell;
    }
}
