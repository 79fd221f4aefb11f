@{
    RootModule           = 'Containers.psm1'
    ModuleVersion        = '0.1.0'
    GUID                 = '5d1a7c52-8f0e-4c3b-9a58-2b7c6f7be0d4'
    Author               = 'The Containers project'
    CompanyName          = 'The Containers project'
    Copyright            = '(c) The Containers project. MIT license.'
    Description          = 'A container engine for Linux that is a PowerShell module: no daemon, no other runtime underneath.'
    PowerShellVersion    = '7.6'
    CompatiblePSEditions = @('Core')

    # The build fails when these lists and what Containers.dll and Module/Formats hold differ.
    FormatsToProcess     = @(
        'Formats/Container.format.ps1xml'
        'Formats/ContainerHost.format.ps1xml'
        'Formats/ContainerImage.format.ps1xml'
        'Formats/ContainerLogEntry.format.ps1xml'
        'Formats/PlanStepDescription.format.ps1xml'
    )
    TypesToProcess       = @(
        'Formats/Containers.types.ps1xml'
    )
    FunctionsToExport    = @()
    VariablesToExport    = @()
    CmdletsToExport      = @(
        'Get-Container'
        'Get-ContainerHost'
        'Get-ContainerImage'
        'Get-ContainerLog'
        'Get-ContainerPlan'
        'Import-ContainerImage'
        'Invoke-ContainerImage'
        'New-Container'
        'New-ContainerImage'
        'Remove-Container'
        'Remove-ContainerImage'
        'Rename-Container'
        'Restart-Container'
        'Resume-Container'
        'Send-ContainerSignal'
        'Set-Container'
        'Start-Container'
        'Stop-Container'
        'Suspend-Container'
        'Wait-Container'
    )
    AliasesToExport      = @(
        'Kill-Container'
        'Load-ContainerImage'
        'Pause-Container'
        'Run-Container'
        'Run-ContainerImage'
        'Unpause-Container'
    )

    PrivateData          = @{
        PSData = @{
            Tags = @('Containers', 'Linux', 'OCI', 'Docker', 'PSEdition_Core')
        }
    }
}
