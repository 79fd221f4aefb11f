namespace Containers.Cmdlets.Tests.Hosting;

/// <summary>A folder of one test, removed with it.</summary>
public sealed class TemporaryFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("containers-test-").FullName;

    public string File(string name, string content)
    {
        string path = System.IO.Path.Combine(Path, name);
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(path)!);
        System.IO.File.WriteAllText(path, content);
        return path;
    }

    /// <summary>A module of a script and a format view: what the shell must load, format and complete.</summary>
    public string Module()
    {
        File("Tiny/Tiny.psm1", """
            function Get-Tiny { param([string]$Name = 'web')
                [pscustomobject]@{ PSTypeName = 'Tiny.Thing'; Name = $Name; Size = 2048; Note = 'n' * 10 } }
            function Test-TinyError {
                $record = [System.Management.Automation.ErrorRecord]::new(
                    [System.InvalidOperationException]::new("No container 'x' exists."), 'ContainerNotFound', 'ObjectNotFound', 'x')
                $record.ErrorDetails = [System.Management.Automation.ErrorDetails]::new("No container 'x' exists.")
                $record.ErrorDetails.RecommendedAction = 'Run Get-Container to list the containers on this host.'
                $PSCmdlet.WriteError($record) }
            function Remove-Tiny { [CmdletBinding(SupportsShouldProcess, ConfirmImpact = 'High')] param($Name)
                if ($PSCmdlet.ShouldProcess($Name)) { "removed $Name" } else { 'kept' } }
            """.Replace("function Test-TinyError {", "function Test-TinyError { [CmdletBinding()] param()", StringComparison.Ordinal));
        File("Tiny/Tiny.format.ps1xml", """
            <Configuration><ViewDefinitions><View><Name>Tiny</Name><ViewSelectedBy><TypeName>Tiny.Thing</TypeName></ViewSelectedBy>
            <TableControl><TableHeaders><TableColumnHeader><Label>THING</Label><Width>12</Width></TableColumnHeader>
            <TableColumnHeader><Label>KIB</Label><Alignment>Right</Alignment><Width>8</Width></TableColumnHeader></TableHeaders>
            <TableRowEntries><TableRowEntry><TableColumnItems><TableColumnItem><PropertyName>Name</PropertyName></TableColumnItem>
            <TableColumnItem><ScriptBlock>$_.Size / 1024</ScriptBlock></TableColumnItem></TableColumnItems></TableRowEntry></TableRowEntries>
            </TableControl></View></ViewDefinitions></Configuration>
            """);
        return File("Tiny/Tiny.psd1", """
            @{ RootModule = 'Tiny.psm1'; ModuleVersion = '1.0'; GUID = '5f0d7c0e-98b5-4a5b-9f0a-7a1f4c1f7b11'
               FunctionsToExport = 'Get-Tiny', 'Test-TinyError', 'Remove-Tiny'; CmdletsToExport = @(); AliasesToExport = @()
               FormatsToProcess = 'Tiny.format.ps1xml' }
            """);
    }

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
