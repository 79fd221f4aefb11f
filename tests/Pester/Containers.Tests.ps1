# The module as a user gets it: the staged folder, imported into fresh sessions.

BeforeAll {
    . "$PSScriptRoot/Initialize.ps1"
    $manifest = Join-Path $moduleFolder 'Containers.psd1'
}

Describe 'the staged module' {
    It 'has a valid manifest' {
        (Test-ModuleManifest -Path $manifest).Name | Should -Be 'Containers'
    }

    It 'ships nothing that PowerShell brings itself' {
        Get-ChildItem -Recurse -Path $moduleFolder -Include 'System.Management.Automation*', 'PowerShellStandard*' | Should -BeNullOrEmpty
    }

    It 'has an executable monitor that needs no shared library' {
        $monitor = Join-Path $moduleFolder 'bin' 'containers-monitor'
        [System.IO.File]::GetUnixFileMode($monitor).HasFlag([System.IO.UnixFileMode]::OtherExecute) | Should -BeTrue
        # PT_INTERP names the loader of shared libraries; a static executable has none.
        $text = [System.Text.Encoding]::Latin1.GetString([System.IO.File]::ReadAllBytes($monitor)[0..4095])
        $text | Should -Not -Match '/ld-(linux|musl)'
    }

    It 'works from any folder of the module path' {
        $copy = Join-Path $TestDrive 'modules'
        $null = New-Item -ItemType Directory -Path $copy
        Copy-Item -Recurse -Path $moduleFolder -Destination (Join-Path $copy 'Containers')
        $before = $env:PSModulePath
        try {
            $env:PSModulePath = $copy
            $lines = Invoke-FreshSession 'Import-Module Containers; (Get-Module Containers).ModuleBase'
        }
        finally {
            $env:PSModulePath = $before
        }
        $lines | Should -Be (Join-Path $copy 'Containers')
    }

    It 'has help with an example for every cmdlet' {
        $poor = Invoke-FreshSession "Import-Module '$manifest'
            foreach (`$command in Get-Command -Module Containers -CommandType Cmdlet) {
                `$help = Get-Help `$command.Name
                if (-not `$help.examples.example -or -not `$help.description) { `$command.Name }
            }"
        $poor | Should -BeNullOrEmpty
    }

    It 'imports again after it was removed' {
        Invoke-FreshSession "Import-Module '$manifest'; Remove-Module Containers; Import-Module '$manifest'; 'done'" | Should -Be 'done'
    }
}

Describe 'the private load context' {
    BeforeAll {
        # Another SharpCompress, of a version nobody has, as some other module might bring it.
        $otherModule = Join-Path $TestDrive 'OtherModule'
        $null = New-Item -ItemType Directory -Path $otherModule
        $name = [System.Reflection.AssemblyName]::new('SharpCompress')
        $name.Version = '0.0.1.0'
        $assembly = [System.Reflection.Emit.PersistedAssemblyBuilder]::new($name, [object].Assembly)
        $null = $assembly.DefineDynamicModule('SharpCompress').DefineType('OtherModule.Marker', 'Public, Class').CreateType()
        $otherLibrary = Join-Path $otherModule 'SharpCompress.dll'
        $assembly.Save($otherLibrary)

        $loadOther = "Add-Type -Path '$otherLibrary'"
        $loadOurs = "Import-Module '$manifest'
            `$context = [Containers.Cmdlets.ModuleLoader]::EngineContext
            `$null = `$context.LoadFromAssemblyName([System.Reflection.AssemblyName]::new('Containers.Engine'))
            `$ours = `$context.LoadFromAssemblyName([System.Reflection.AssemblyName]::new('SharpCompress'))"
        $report = "[OtherModule.Marker].Assembly.GetName().Version.ToString()
            `$ours.Location
            `$ours.GetName().Version -gt [version] '0.1'
            [System.Runtime.Loader.AssemblyLoadContext]::GetLoadContext(`$ours).Name"
        $expected = @('0.0.1.0', (Join-Path $moduleFolder 'lib' 'SharpCompress.dll'), 'True', 'Containers.Engine')
    }

    It 'keeps its SharpCompress when another module has loaded a different one' {
        Invoke-FreshSession "$loadOther`n$loadOurs`n$report" | Should -Be $expected
    }

    It 'leaves another module free to load a different one later' {
        Invoke-FreshSession "$loadOurs`n$loadOther`n$report" | Should -Be $expected
    }

    It 'loads the engine in no context but its own' {
        Invoke-FreshSession "Import-Module '$manifest'
            `$null = Get-Command -Module Containers -Syntax
            [System.Runtime.Loader.AssemblyLoadContext]::Default.Assemblies.Where({ `$_.GetName().Name -eq 'Containers.Engine' }).Count" |
            Should -Be '0'
    }
}
