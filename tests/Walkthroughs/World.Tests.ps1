# "Communication between containers and the wider world": forwarding, and under which address containers go out.

BeforeAll {
    . "$PSScriptRoot/Initialize.ps1"
    $walk = Enter-Walkthrough
    if (-not $obstacle) {
        Use-Docker0
    }
}

AfterAll {
    Exit-Walkthrough $walk
}

Describe 'Communication between containers and the wider world' {
    BeforeEach {
        Assert-Host
        Set-Forwarding 0
    }

    AfterEach {
        Remove-EveryContainer
        if (-not $obstacle) {
            Set-ContainerHost -IPForward $null -IPMasquerade $null
        }
    }

    It 'turns on forwarding, and containers reach the world under an address of the host' {
        Get-Content /proc/sys/net/ipv4/ip_forward | Should -Be '0'
        $null = Start-World
        $null = Start-Idle web
        Get-Content /proc/sys/net/ipv4/ip_forward | Should -Be '1'
        Test-Ping web 203.0.113.9 | Should -BeTrue
        Read-PageInside web 'http://203.0.113.9/cgi-bin/who' | Should -Match ':203\.0\.113\.1\]$'
    }

    It 'leaves forwarding alone with --ip-forward=false, and says so' {
        Set-ContainerHost -IPForward $false
        $null = Start-World
        $null = Invoke-ContainerImage base -Name web -Detach -Command sleep, 1000 -WarningVariable warnings -WarningAction SilentlyContinue
        "$warnings" | Should -Match 'forward'
        Get-Content /proc/sys/net/ipv4/ip_forward | Should -Be '0'
        Test-Ping web 203.0.113.9 | Should -BeFalse
        # The host itself is no router on the way, and turned on by hand it works.
        Test-Ping web 172.17.42.1 | Should -BeTrue
        Set-Forwarding 1
        Test-Ping web 203.0.113.9 | Should -BeTrue
    }

    It 'shows the masquerading rule' {
        $null = Start-Idle web
        $rules = iptables -t nat -S DOCKER-POSTROUTING
        @($rules -match '-s 172\.17\.0\.0/16 ! -o docker0 .*-j MASQUERADE').Count | Should -Be 1
        (iptables -t nat -L POSTROUTING -n) -match '^DOCKER-POSTROUTING ' | Should -HaveCount 1
        (iptables -t nat -L DOCKER-POSTROUTING -n) -match '^MASQUERADE .* 172\.17\.0\.0/16 +0\.0\.0\.0/0' | Should -Not -BeNullOrEmpty
    }

    It 'sends containers out under their own addresses without masquerading' {
        Set-ContainerHost -IPMasquerade $false
        $world = Start-World
        $web = Start-Idle web
        (iptables -t nat -S) -match '-s 172\.17\.0\.0/16 ! -o docker0 .*-j MASQUERADE' | Should -BeNullOrEmpty
        # The world does not know the way back until it is told.
        Test-Ping web 203.0.113.9 | Should -BeFalse
        nsenter --target $world.ProcessId --net -- ip route add 172.17.0.0/16 via 203.0.113.1
        Read-PageInside web 'http://203.0.113.9/cgi-bin/who' | Should -Match ":$($web.IPAddress)\]$"
    }

    It 'lets nobody in from the world where nothing is published' {
        $world = Start-World
        $web = Start-WebServer web
        nsenter --target $world.ProcessId --net -- ip route add 172.17.0.0/16 via 203.0.113.1
        Read-PageInside world "http://$($web.IPAddress)/" | Should -BeNullOrEmpty
        Read-Page "http://$($web.IPAddress)/" | Should -Be 'page of web'
    }
}
